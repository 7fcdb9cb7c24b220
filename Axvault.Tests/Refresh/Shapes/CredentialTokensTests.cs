using Axvault.Api.Refresh.Shapes;
using Axvault.Api.Stored;

namespace Axvault.Tests.Refresh.Shapes;

public sealed class CredentialTokensTests
{
    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"accessToken":"a"}""")]
    [InlineData("""{"access_token":"a","expires_in":1}""")]
    [InlineData("""{"apiKey":"k"}""")]
    // GitHub Copilot as OpenCode stores it: one token under both names, which never expires.
    [InlineData("""{"type":"oauth","refresh":"gho_1","access":"gho_1","expires":0}""")]
    [InlineData("""{"github-copilot":{"type":"oauth","refresh":"gho_1","access":"gho_1","expires":0}}""")]
    [InlineData("""{"type":"oauth","refresh":"gho_1","access":"gho_1"}""")]
    [InlineData("""{"refresh_token":"t","access_token":"t"}""")]
    // Codex, in a session that another program refreshes.
    [InlineData("""{"auth_mode":"chatgptAuthTokens","tokens":{"access_token":"a","refresh_token":"r"}}""")]
    [InlineData("""{"tokens":{"access_token":"a","refresh_token":"r"},"auth_mode":"chatgptAuthTok\u0065ns"}""")]
    [InlineData("""{"auth_mode":"chatgpt","tokens":{"access_token":"a","refresh_token":""}}""")]
    [InlineData("""{"auth_mode":"apikey","OPENAI_API_KEY":"k"}""")]
    // Empty.
    [InlineData("""{"access_token":"a","refresh_token":"","expires_in":1}""")]
    [InlineData("""{"accessToken":"a","refreshToken":"","expiresAt":1}""")]
    [InlineData("""{"type":"oauth","access":"a","refresh":"","expires":1}""")]
    // Values of another type.
    [InlineData("""{"access_token":"a","refresh_token":1}""")]
    [InlineData("""{"access_token":"a","refresh_token":null}""")]
    [InlineData("""{"access_token":"a","refresh_token":true}""")]
    [InlineData("""{"access_token":"a","refresh_token":["r"]}""")]
    [InlineData("""{"access_token":"a","refresh_token":{"refresh_token":"r"}}""")]
    [InlineData("""{"tokens":null}""")]
    [InlineData("""{"tokens":[{"refresh_token":"r"}]}""")]
    [InlineData("""{"tokens":"refresh_token"}""")]
    [InlineData("""{"tokens":{"tokens":{"refresh_token":"r"}}}""")]
    [InlineData("""{"claudeAiOauth":{},"refreshToken":"not of the container"}""")]
    [InlineData("""{"claudeAiOauth":{"refreshToken":5}}""")]
    [InlineData("""{"type":1,"refresh":"r","access":"a","expires":1}""")]
    [InlineData("""{"type":"api","refresh":"r","access":"a","expires":1}""")]
    [InlineData("""{"type":"wellknown","refresh":"r","access":"a","expires":1}""")]
    [InlineData("""{"refresh_token ":"r","Refresh_Token":"r","REFRESHTOKEN":"r"}""")]
    // Lone surrogates are not text.
    [InlineData("""{"refresh_token":"\ud800"}""")]
    [InlineData("""{"refresh_token":"r\udc00"}""")]
    [InlineData("""{"refresh_token\ud800":"r"}""")]
    [InlineData("""{"\ud800":{"type":"oauth","refresh":"r","access":"a","expires":1}}""")]
    [InlineData("""{"tokens":{"refresh_token":"\udc00\ud800"}}""")]
    public void Data_without_a_refresh_token_is_not_refreshed(string json) => Assert.Null(Data.Find(json));

    [Theory]
    [InlineData(
        """{"\ud800":1,"refresh_token":"r","access_token":"a","expires_in":60}""",
        """{"\ud800":1,"refresh_token":"R","access_token":"A","expires_in":3600}"""
    )]
    [InlineData("""{"refresh_token":"r","access_token":"\ud800","expires_in":60}""", """{"refresh_token":"R","access_token":"A","expires_in":3600}""")]
    [InlineData(
        """{"refresh_token":"r","access_token":null,"x":{"\udfff":["\ud800"]}}""",
        """{"refresh_token":"R","access_token":"A","x":{"\udfff":["\ud800"]}}"""
    )]
    [InlineData(
        """{"tokens":{"\ud800":{"refresh_token":"x"},"refresh_token":"r"},"last_refresh":"\ud800"}""",
        """{"tokens":{"\ud800":{"refresh_token":"x"},"refresh_token":"R","access_token":"A"},"last_refresh":"2026-03-01T12:00:00.250Z"}"""
    )]
    [InlineData(
        """{"claudeAiOauth":{"refreshToken":"r","expiresAt":"\ud800"}}""",
        """{"claudeAiOauth":{"refreshToken":"R","expiresAt":"\ud800","accessToken":"A"}}"""
    )]
    public void Invalid_text_does_not_disturb_the_rest(string before, string after) =>
        Assert.Equal(
            after,
            Data.Text(
                Data.Apply(
                    before,
                    new IssuedTokens
                    {
                        AccessToken = "A",
                        RefreshToken = "R",
                        ExpiresIn = TimeSpan.FromHours(1),
                    }
                ).Data
            )
        );

    [Theory]
    [InlineData("""{"refresh_token":"r"}""", """{"refresh_token":"R","access_token":"A"}""")]
    [InlineData("{\"refresh_token\":\"r\"\r\n\t}", "{\"refresh_token\":\"R\"\r\n\t,\"access_token\":\"A\"}")]
    [InlineData(" { \"refreshToken\" :\"r\" } ", " { \"refreshToken\" :\"R\" ,\"accessToken\":\"A\"} ")]
    [InlineData("""{"refresh_token":"r","access_token":17}""", """{"refresh_token":"R","access_token":"A"}""")]
    [InlineData("""{"refresh_token":"r","access_token":{"a":[1,2]},"z":1}""", """{"refresh_token":"R","access_token":"A","z":1}""")]
    public void A_missing_access_token_is_added(string before, string after) =>
        Assert.Equal(after, Data.Text(Data.Apply(before, new IssuedTokens { AccessToken = "A", RefreshToken = "R" }).Data));

    [Theory]
    [InlineData(
        """{"tokens":{"refresh_token":"r","access_token":"a"}}""",
        """{"tokens":{"refresh_token":"r","access_token":"a","id_token":"I"},"last_refresh":"2026-03-01T12:00:00.250Z"}"""
    )]
    [InlineData(
        """{"tokens":{"refresh_token":"r","access_token":"a","id_token":null},"id_token":"of the root"}""",
        """{"tokens":{"refresh_token":"r","access_token":"a","id_token":"I"},"id_token":"of the root","last_refresh":"2026-03-01T12:00:00.250Z"}"""
    )]
    [InlineData("""{"refresh_token":"r","access_token":"a","id_token":"i"}""", """{"refresh_token":"r","access_token":"a","id_token":"I"}""")]
    [InlineData("""{"refresh_token":"r","access_token":"a","last_refresh":"x"}""", """{"refresh_token":"r","access_token":"a","last_refresh":"x"}""")]
    [InlineData("""{"refresh_token":"r","access_token":"a","expiry_date":1}""", """{"refresh_token":"r","access_token":"a","expiry_date":1}""")]
    [InlineData("""{"refreshToken":"r","accessToken":"a"}""", """{"refreshToken":"r","accessToken":"a"}""")]
    [InlineData("""{"type":"oauth","refresh":"r","access":"a"}""", """{"type":"oauth","refresh":"r","access":"a"}""")]
    public void An_id_token_is_replaced_and_added_only_for_codex(string before, string after) =>
        Assert.Equal(after, Data.Text(Data.Apply(before, new IssuedTokens { IdToken = "I" }).Data));

    [Fact]
    public void Codex_gets_new_members_in_the_container_and_in_the_root() =>
        Assert.Equal(
            """{"tokens":{"refresh_token":"R","access_token":"A","id_token":"I"},"last_refresh":"2026-03-01T12:00:00.250Z"}""",
            Data.Text(
                Data.Apply(
                    """{"tokens":{"refresh_token":"r"}}""",
                    new IssuedTokens
                    {
                        AccessToken = "A",
                        RefreshToken = "R",
                        IdToken = "I",
                    }
                ).Data
            )
        );

    [Theory]
    [InlineData("a+b/c==", "\"a+b/c==\"")]
    [InlineData("1//0g-_.~", "\"1//0g-_.~\"")]
    [InlineData("<&>'`!*();:@$,?#[]%20 ", "\"<&>'`!*();:@$,?#[]%20 \"")]
    [InlineData("a\"b\\c", "\"a\\\"b\\\\c\"")]
    [InlineData("line\nend\ttab\r", "\"line\\nend\\ttab\\r\"")]
    [InlineData("äöü", "\"äöü\"")]
    public void A_token_is_escaped_as_its_agent_does_and_read_back_equal(string token, string json)
    {
        var refreshed = Data.Text(
            Data.Apply("""{"refresh_token":"r","access_token":"a"}""", new IssuedTokens { AccessToken = token, RefreshToken = token + "." }).Data
        );
        Assert.Equal($$"""{"refresh_token":{{json[..^1]}}.","access_token":{{json}}}""", refreshed);
        Assert.Equal(token + ".", Data.Tokens(refreshed).RefreshToken.Reveal());
        using var document = System.Text.Json.JsonDocument.Parse(refreshed);
        Assert.Equal(token, document.RootElement.GetProperty("access_token").GetString());
    }

    [Fact]
    public void An_escaped_token_is_unescaped() =>
        Assert.Equal("a/b+é😀\"", Data.Tokens("""{"\u0072efresh_token":"\u0061\/b\u002b\u00e9\ud83d\ude00\""}""").RefreshToken.Reveal());

    [Theory]
    [InlineData("""{"refresh_token":"r","access_token":"a","expires_in":3600}""", "2026-03-01T13:00:00.250Z")]
    [InlineData("""{"refresh_token":"r","access_token":"a","expires_in":"60"}""", "2026-03-01T12:01:00.250Z")]
    [InlineData("""{"refresh_token":"r","access_token":"a","expires_in":0.5}""", "2026-03-01T12:00:00.750Z")]
    [InlineData("""{"refresh_token":"r","access_token":"a","expires_at":1772370000}""", "2026-03-01T13:00:00Z")]
    [InlineData("""{"refresh_token":"r","access_token":"a","expires_at":1772370000.5}""", "2026-03-01T13:00:00.500Z")]
    [InlineData("""{"refresh_token":"r","access_token":"a","expires_at":1772370000000}""", "2026-03-01T13:00:00Z")]
    [InlineData("""{"refresh_token":"r","access_token":"a","expires_at":"1772370000"}""", "2026-03-01T13:00:00Z")]
    [InlineData("""{"refresh_token":"r","access_token":"a","expires_at":"2026-03-01T14:00:00.1234567+01:00"}""", "2026-03-01T13:00:00.123Z")]
    [InlineData("""{"refresh_token":"r","access_token":"a","expires_at":"later","expires_in":60}""", "2026-03-01T12:01:00.250Z")]
    [InlineData("""{"refresh_token":"r","access_token":"a","expires_at":null,"expires_in":60}""", "2026-03-01T12:01:00.250Z")]
    [InlineData("""{"refresh_token":"r","access_token":"a","expires_at":1772370000,"expires_in":60}""", "2026-03-01T13:00:00Z")]
    [InlineData("""{"refresh_token":"r","access_token":"a","expiry_date":1772370000000}""", "2026-03-01T13:00:00Z")]
    [InlineData("""{"refresh_token":"r","access_token":"a","expiry_date":1772370000}""", "2026-03-01T13:00:00Z")]
    [InlineData("""{"refreshToken":"r","accessToken":"a","expiresAt":1772370000000}""", "2026-03-01T13:00:00Z")]
    [InlineData("""{"refreshToken":"r","accessToken":"a","expiresAt":1}""", "1970-01-01T00:00:01Z")]
    [InlineData("""{"refreshToken":"r","accessToken":"a","expiresAt":0}""", null)]
    [InlineData("""{"refreshToken":"r","accessToken":"a","expiresAt":-1}""", null)]
    [InlineData("""{"refreshToken":"r","accessToken":"a","expiresAt":null}""", null)]
    [InlineData("""{"refreshToken":"r","accessToken":"a","expiresAt":1e400}""", null)]
    [InlineData("""{"refreshToken":"r","accessToken":"a","expiresAt":253402300800000}""", null)]
    [InlineData("""{"refreshToken":"r","accessToken":"a","expiresAt":253402300799999}""", "9999-12-31T23:59:59.999Z")]
    [InlineData("""{"refreshToken":"r","accessToken":"a","expiresAt":"NaN"}""", null)]
    [InlineData("""{"refreshToken":"r","accessToken":"a","expiresAt":"Infinity"}""", null)]
    [InlineData("""{"refreshToken":"r","accessToken":"a","expiresAt":""}""", null)]
    [InlineData("""{"refreshToken":"r","accessToken":"a","expiresAt":"\ud800"}""", null)]
    [InlineData("""{"refreshToken":"r","accessToken":"a","expiresAt":true}""", null)]
    [InlineData("""{"refreshToken":"r","accessToken":"a","expiresAt":[1772370000000]}""", null)]
    [InlineData("""{"refreshToken":"r","accessToken":"a"}""", null)]
    [InlineData("""{"type":"oauth","refresh":"r","access":"a","expires":0}""", null)]
    [InlineData("""{"type":"oauth","refresh":"r","access":"a","expires":1772370000000}""", "2026-03-01T13:00:00Z")]
    [InlineData("""{"tokens":{"refresh_token":"r","access_token":"opaque","expires_in":60}}""", "2026-03-01T12:01:00.250Z")]
    [InlineData("""{"refresh_token":"r","access_token":"a"}""", null)]
    public void The_expiry_is_read_in_its_unit(string json, string? expected)
    {
        var time = expected is null ? (DateTimeOffset?)null : DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(time, Data.Tokens(json).ExpiresAt(Data.IssuedAt));
    }

    [Theory]
    [InlineData("tokens")]
    [InlineData(null)]
    public void The_expiry_comes_from_the_token_when_no_member_has_it(string? container)
    {
        var members = $"\"access_token\":\"{Data.Jwt("""{"iat":1772366400,"exp":1772370000}""")}\",\"refresh_token\":\"r\"";
        var tokens = Data.Tokens(container is null ? $"{{{members}}}" : $"{{\"{container}\":{{{members}}}}}");
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1772370000), tokens.ExpiresAt(Data.IssuedAt));
        Assert.Equal(TimeSpan.FromHours(1), tokens.Lifetime());
    }

    [Theory]
    [InlineData("""{"refresh_token":"r","expires_in":1800}""", 1800.0)]
    [InlineData("""{"refresh_token":"r","expires_in":"1800"}""", 1800.0)]
    [InlineData("""{"refresh_token":"r","expires_in":0}""", null)]
    [InlineData("""{"refresh_token":"r","expires_in":null}""", null)]
    [InlineData("""{"refresh_token":"r","expires_at":1772370000}""", null)]
    [InlineData("""{"refreshToken":"r","expiresAt":1772370000000,"expires_in":60}""", 60.0)]
    public void The_lifetime_is_read_from_the_data(string json, double? seconds) =>
        Assert.Equal(seconds is { } known ? TimeSpan.FromSeconds(known) : null, Data.Tokens(json).Lifetime());

    [Fact]
    public void A_token_that_expires_before_its_issue_has_no_lifetime() =>
        Assert.Null(Data.Tokens($$"""{"refresh_token":"r","access_token":"{{Data.Jwt("""{"iat":20,"exp":10}""")}}"}""").Lifetime());

    [Theory]
    [InlineData("oauth-credentials", true)]
    [InlineData("oauth-token", false)]
    [InlineData("api-key", false)]
    public void Only_oauth_credentials_have_a_token_expiry(string type, bool expires)
    {
        var data = Data.Of("""{"access_token":"a","refresh_token":"r","expires_in":3600}""");
        Assert.Equal(expires ? Data.IssuedAt.AddHours(1) : null, TokenExpiry.Of(Attributes(type), data, Data.IssuedAt));
        Assert.Equal(expires ? Data.IssuedAt : null, TokenExpiry.Of(Attributes(type) with { ExpiresAt = Data.IssuedAt }, data, Data.IssuedAt));
    }

    [Fact]
    public void Data_without_a_refresh_token_has_no_token_expiry() =>
        Assert.Null(
            TokenExpiry.Of(
                Attributes("oauth-credentials") with
                {
                    ExpiresAt = Data.IssuedAt,
                },
                Data.Of("""{"access_token":"a","expires_in":3600}"""),
                Data.IssuedAt
            )
        );

    private static CredentialAttributes Attributes(string type) => new(CredentialType.FromStored(type), null, null, null, null, null);
}
