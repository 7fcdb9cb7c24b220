using Axvault.Api.Refresh.Shapes;

namespace Axvault.Tests.Refresh.Shapes;

/// <summary>The expiry of tokens after a refresh, in the metadata and in the data.</summary>
public sealed class NextExpiryTests
{
    [Fact]
    public void Missing_expires_in_falls_back_to_the_token_then_its_old_lifetime_then_one_hour()
    {
        const string Json = """{"refreshToken":"r","accessToken":"a","expiresAt":1}""";
        var jwt = Data.Jwt("""{"exp":1772380000}""");
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1772380000), Apply(new IssuedTokens { AccessToken = jwt }, TimeSpan.FromHours(2)).ExpiresAt);
        Assert.Equal(
            DateTimeOffset.FromUnixTimeSeconds(1772366400 + 60),
            Apply(new IssuedTokens { AccessToken = jwt, ExpiresIn = TimeSpan.FromMinutes(1) }, TimeSpan.FromHours(2)).ExpiresAt
        );
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1772366400 + 7200), Apply(new IssuedTokens { AccessToken = "A" }, TimeSpan.FromHours(2)).ExpiresAt);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1772366400 + 3600), Apply(new IssuedTokens { AccessToken = "A" }, null).ExpiresAt);

        static RefreshedTokens Apply(IssuedTokens issued, TimeSpan? lifetime) => Data.Tokens(Json).Apply(issued, Data.IssuedAt, null, lifetime);
    }

    [Fact]
    public void The_earlier_of_the_answer_and_the_token_wins()
    {
        var jwt = Data.Jwt("""{"exp":1772370000}""");
        foreach (var json in new[] { """{"tokens":{"refresh_token":"r","access_token":"a"}}""", """{"refresh_token":"r","access_token":"a","expires_in":1}""" })
        {
            Assert.Equal(1772370000, Expiry(json, new IssuedTokens { AccessToken = jwt, ExpiresIn = TimeSpan.FromDays(1) }));
            Assert.Equal(1772366400 + 60, Expiry(json, new IssuedTokens { AccessToken = jwt, ExpiresIn = TimeSpan.FromMinutes(1) }));
            Assert.Equal(1772366500, Expiry(json, new IssuedTokens { AccessToken = jwt, ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(1772366500) }));
            Assert.Equal(
                1772366400 + 60,
                Expiry(json, new IssuedTokens { AccessToken = "A", ExpiresIn = TimeSpan.FromMinutes(1), ExpiresAt = DateTimeOffset.MaxValue })
            );
            Assert.Equal(1772366400 + 315360000, Expiry(json, new IssuedTokens { AccessToken = "A", ExpiresAt = DateTimeOffset.MaxValue }));
        }

        static long Expiry(string json, IssuedTokens issued) => Data.Apply(json, issued).ExpiresAt.ToUnixTimeSeconds();
    }

    [Theory]
    [InlineData("""{"refreshToken":"r","accessToken":"a","expiresAt":1772367000123}""", """{"refreshToken":"R","accessToken":"a","expiresAt":1772367000123}""")]
    [InlineData("""{"refresh_token":"r","access_token":"a","expires_in":3600}""", """{"refresh_token":"R","access_token":"a","expires_in":600}""")]
    [InlineData(
        """{"refresh_token":"r","access_token":"a","expires_at":"2026-03-01T13:10:00+01:00"}""",
        """{"refresh_token":"R","access_token":"a","expires_at":"2026-03-01T13:10:00+01:00"}"""
    )]
    public void An_unchanged_access_token_keeps_its_expiry(string before, string after)
    {
        var expiresAt = DateTimeOffset.FromUnixTimeSeconds(1772367000);
        var refreshed = Data.Tokens(before)
            .Apply(new IssuedTokens { RefreshToken = "R", ExpiresIn = TimeSpan.FromDays(10) }, Data.IssuedAt, expiresAt, TimeSpan.FromHours(8));
        Assert.Equal(after, Data.Text(refreshed.Data));
        Assert.Equal((expiresAt, TimeSpan.FromHours(8)), (refreshed.ExpiresAt, refreshed.Lifetime));
    }

    [Fact]
    public void A_huge_lifetime_loses_no_token()
    {
        var refreshed = Data.Apply(
            """{"refresh_token":"r","access_token":"a","expires_at":1,"expires_in":253402300799}""",
            new IssuedTokens { AccessToken = "A", RefreshToken = "R" }
        );
        Assert.Equal("R", CredentialTokens.Find(refreshed.Data, null)!.RefreshToken.Reveal());
        Assert.InRange(refreshed.ExpiresAt, Data.IssuedAt, Data.IssuedAt.AddYears(11));
    }

    [Theory]
    [InlineData("null", "1772370000000")]
    [InlineData("0", "1772370000000")]
    [InlineData("\"\"", "\"1772370000000\"")]
    [InlineData("1e400", "1772370000000")]
    [InlineData("true", "true")]
    [InlineData("[1]", "[1]")]
    [InlineData("""{"$date":1}""", """{"$date":1}""")]
    public void An_empty_expiry_is_replaced_unless_its_type_is_wrong(string before, string after) =>
        Assert.Equal(
            $$"""{"accessToken":"A","refreshToken":"r","expiresAt":{{after}}}""",
            Data.Text(
                Data.Apply(
                    $$"""{"accessToken":"a","refreshToken":"r","expiresAt":{{before}}}""",
                    new IssuedTokens { AccessToken = "A", ExpiresIn = TimeSpan.FromHours(1) }
                ).Data
            )
        );

    [Fact]
    public void The_expiry_of_a_refresh_token_stays_when_the_provider_sends_none() =>
        Assert.Equal(
            """{"accessToken":"A","refreshToken":"R","refreshTokenExpiresAt":1774000000123}""",
            Data.Text(
                Data.Apply(
                    """{"accessToken":"a","refreshToken":"r","refreshTokenExpiresAt":1774000000123}""",
                    new IssuedTokens { AccessToken = "A", RefreshToken = "R" }
                ).Data
            )
        );
}
