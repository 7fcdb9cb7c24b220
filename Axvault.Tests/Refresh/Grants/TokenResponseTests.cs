using System.Text;
using Axvault.Api.Refresh.Grants;
using CsCheck;

namespace Axvault.Tests.Refresh.Grants;

public sealed class TokenResponseTests
{
    [Fact]
    public void A_token_response_is_read()
    {
        var (code, isError, issued) = Read(
            """
            {"token_type":"Bearer","access_token":"a\/\u00e9","refresh_token":"r","id_token":"i","expires_in":3600,
            "refresh_token_expires_in":86400,"scope":"s","account":{"error":"x"}}
            """
        );
        Assert.Equal((null, false), (code, isError));
        Assert.Equal(("a/é", "r", "i"), (issued!.AccessToken, issued.RefreshToken, issued.IdToken));
        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromDays(1)), (issued.ExpiresIn!.Value, issued.RefreshTokenExpiresIn!.Value));
    }

    [Theory]
    [InlineData("""{"access_token":"a"}""", "a", null, null)]
    [InlineData("""{"refresh_token":"r"}""", null, "r", null)]
    [InlineData("""{"id_token":"i"}""", null, null, "i")]
    [InlineData("""{"access_token":"a","refresh_token":null,"id_token":""}""", "a", null, null)]
    [InlineData("""{"access_token":"a","refresh_token":1,"id_token":{}}""", "a", null, null)]
    [InlineData("""{"access_token":"a","refresh_token":"\ud800"}""", "a", null, null)]
    [InlineData("""{"\ud800":1,"access_token":"a","\udfff\ud800x":{},"refresh_token":"r"}""", "a", "r", null)]
    [InlineData("""{"access_token":"a","error":null}""", "a", null, null)]
    [InlineData("""{"access_token":"a","refresh_token":"r","error":"server_error"}""", "a", "r", null)]
    [InlineData("""{"access_token":"a","refresh_token":"r","error":{"code":"invalid_grant"}}""", "a", "r", null)]
    [InlineData("""{"access_token":"a","code":"success"}""", "a", null, null)]
    [InlineData("""{"access_token":"first","access_token":"last"}""", "last", null, null)]
    [InlineData("""{"accessToken":"a","refreshToken":"r","idToken":"i"}""", "a", "r", "i")]
    [InlineData("""{"Access_Token":"a"}""", "a", null, null)]
    [InlineData("""{"accessToken":"other","access_token":"a"}""", "a", null, null)]
    [InlineData("""{"data":{"access_token":"a","refresh_token":"r"}}""", "a", "r", null)]
    [InlineData("""{"result":{"token":{"accessToken":"a","refreshToken":"r"}}}""", "a", "r", null)]
    [InlineData("""{"tokens":{"id_token":"i","access_token":"a","refresh_token":"r"}}""", "a", "r", "i")]
    [InlineData("access_token=a&refresh_token=r%2F%2B+x&scope=&token_type=bearer", "a", "r/+ x", null)]
    [InlineData("  {\"access_token\"\t:\"a\"}\r\n", "a", null, null)]
    public void Each_token_is_optional_and_read_when_present(string body, string? accessToken, string? refreshToken, string? idToken)
    {
        var (code, isError, issued) = Read(body);
        Assert.Equal((null, false), (code, isError));
        Assert.Equal((accessToken, refreshToken, idToken), (issued?.AccessToken, issued?.RefreshToken, issued?.IdToken));
    }

    [Theory]
    [InlineData("""{"error":"invalid_grant"}""", "invalid_grant")]
    [InlineData("""{"error":"invalid_grant","error_description":"Refresh token not found or invalid"}""", "invalid_grant")]
    [InlineData("""{"error":{"message":"Used.","type":"invalid_request_error","param":null,"code":"refresh_token_reused"}}""", "refresh_token_reused")]
    [InlineData("""{"type":"error","error":{"type":"rate_limit_error","message":"m"}}""", "rate_limit_error")]
    [InlineData("""{"code":"refresh_token_expired"}""", "refresh_token_expired")]
    [InlineData("""{"error":{"message":"m"},"code":"invalid_grant"}""", "invalid_grant")]
    [InlineData("""{"error":"Unauthorized","code":"refresh_token_invalidated"}""", "refresh_token_invalidated")]
    [InlineData("""{"error":"invalid_request","code":"refresh_token_expired"}""", "refresh_token_expired")]
    [InlineData("""{"error":{"code":400,"type":"invalid_grant"}}""", "invalid_grant")]
    [InlineData("""{"error":{"code":400,"status":"INVALID_ARGUMENT"}}""", null)]
    [InlineData("""{"error":{}}""", null)]
    [InlineData("""{"error":"something else"}""", "something else")]
    [InlineData("""{"\ud800":1,"error":"invalid_grant"}""", "invalid_grant")]
    [InlineData("""{"error":{"\ud800":1,"code":"invalid_grant"}}""", "invalid_grant")]
    [InlineData("""{"error":{"code":"\ud800"}}""", null)]
    [InlineData("""{"error":"invalid_grant","refresh_token":"an echo of what was sent"}""", "invalid_grant")]
    [InlineData("""{"code":"invalid_grant","id_token":"an echo"}""", "invalid_grant")]
    public void An_error_is_found_in_every_known_place(string body, string? code)
    {
        var (error, isError, issued) = Read(body);
        Assert.Equal((code, true), (error, isError));
        Assert.Null(issued);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("1")]
    [InlineData("\"access_token\"")]
    [InlineData("[]")]
    [InlineData("""[{"access_token":"a"}]""")]
    [InlineData("{}")]
    [InlineData("""{"access_token":"a" """)]
    [InlineData("""{"access_token":"a"}}""")]
    [InlineData("""{"access_token":"a"}{"access_token":"b"}""")]
    [InlineData("""{'access_token':'a'}""")]
    [InlineData("""{"access_token":""}""")]
    [InlineData("""{"access_token":null}""")]
    [InlineData("""{"access_token":["a"]}""")]
    [InlineData("""{"error":null}""")]
    [InlineData("""{"error":""}""")]
    [InlineData("""{"error":false}""")]
    [InlineData("""{"error":0}""")]
    [InlineData("""{"error":[]}""")]
    [InlineData("""{"code":0}""")]
    // A code of success, and tokens in an unknown place: tokens may have been issued.
    [InlineData("""{"code":"success","elsewhere":{"access_token":"a"}}""")]
    [InlineData("<html>access_token</html>")]
    [InlineData("a=b&c=d")]
    [InlineData("<a href='?access_token=a'>")]
    public void An_answer_without_tokens_or_error_is_empty(string body)
    {
        var (_, isError, issued) = Read(body);
        Assert.False(isError);
        Assert.Null(issued);
    }

    [Theory]
    [InlineData("3600", 3600.0)]
    [InlineData("3599.5", 3599.5)]
    [InlineData("3.6e3", 3600.0)]
    [InlineData("\"3600\"", 3600.0)]
    [InlineData("\" 3600 \"", 3600.0)]
    [InlineData("315360000", 315360000.0)]
    [InlineData("315360001", 315360000.0)]
    [InlineData("1e400", 315360000.0)]
    [InlineData("\"3600s\"", 3600.0)]
    [InlineData("\"PT1H\"", 3600.0)]
    [InlineData("-1e400", null)]
    [InlineData("0", null)]
    [InlineData("-1", null)]
    [InlineData("null", null)]
    [InlineData("true", null)]
    [InlineData("[3600]", null)]
    [InlineData("\"\"", null)]
    [InlineData("\"NaN\"", null)]
    [InlineData("\"Infinity\"", null)]
    [InlineData("\"1h\"", null)]
    [InlineData("\"3,600\"", null)]
    [InlineData("\"\\ud800\"", null)]
    public void A_lifetime_is_read_and_cut_to_its_bounds(string json, double? seconds)
    {
        var issued = Read($$"""{"access_token":"a","expires_in":{{json}},"refresh_token_expires_in":{{json}}}""").Issued!;
        TimeSpan? expected = seconds is { } number ? TimeSpan.FromSeconds(number) : null;
        Assert.Equal((expected, expected), (issued.ExpiresIn, issued.RefreshTokenExpiresIn));
    }

    [Theory]
    [InlineData("expires_in", "3600", 3600.0, null)]
    [InlineData("expiresIn", "\"3600\"", 3600.0, null)]
    [InlineData("expires_at", "1772370000", null, 1772370000L)]
    [InlineData("expiresAt", "1772370000123", null, 1772370000L)]
    [InlineData("expires_at", "\"2026-03-01T13:00:00Z\"", null, 1772370000L)]
    [InlineData("expires_at", "\"2026-03-01T14:00:00.5+01:00\"", null, 1772370000L)]
    [InlineData("expires_at", "\"2026-03-01T13:00:00\"", null, 1772370000L)]
    [InlineData("expires_on", "\"1772370000\"", null, 1772370000L)]
    [InlineData("expires_on", "1772370000.25", null, 1772370000L)]
    [InlineData("expires_in", "1772370000", null, 1772370000L)]
    [InlineData("expires_at", "3600", 3600.0, null)]
    [InlineData("expires_at", "9223372036854775807", null, 253402300799L)]
    [InlineData("expires_at", "\"tomorrow\"", null, null)]
    [InlineData("expiry", "\"0001-01-01T00:00:00Z\"", null, null)]
    [InlineData("expiry", "\"1970-01-01T00:00:00Z\"", null, null)]
    public void An_expiry_is_read_in_each_form(string name, string value, double? lifetime, long? time)
    {
        var issued = Read($$"""{"access_token":"a","{{name}}":{{value}}}""").Issued!;
        Assert.Equal((lifetime, time), (issued.ExpiresIn?.TotalSeconds, issued.ExpiresAt?.ToUnixTimeSeconds()));
    }

    [Fact]
    public void Invalid_UTF_8_does_not_fail()
    {
        Assert.Null(TokenResponse.Read(new byte[] { 0xFF, 0xFE, 0x00 }).Issued);
        var issued = TokenResponse.Read((byte[])[.. "{\"x\":\""u8, 0xFF, .. "\",\"access_token\":\"a\",\"refresh_token\":\""u8, 0xC0, .. "\"}"u8]).Issued!;
        Assert.Equal(("a", null), (issued.AccessToken, issued.RefreshToken));
    }

    [Fact]
    public void A_deeply_nested_answer_is_empty() =>
        Assert.Null(Read($"{string.Concat(Enumerable.Repeat("{\"a\":", 5000))}1{new string('}', 5000)}").Issued);

    [Fact]
    public void No_answer_makes_the_reader_throw()
    {
        var value = Gen.OneOf<string>("1", "1e400", "null", "\"\\ud800\"", "\"\"", "\"a\"", "{}", "[]", "{\"\\udc00\":1}", "{\"code\":\"\\ud800\"}", "tru");
        var name = Gen.OneOf<string>("error", "code", "access_token", "refresh_token", "id_token", "expires_in", "\\ud800", "\\u0065rror", "err\\udfff");
        Gen.Select(name, value, name, value, static (name1, value1, name2, value2) => $"{{\"{name1}\":{value1},\"{name2}\":{value2}}}")
            .Sample(static body =>
            {
                Read(body);
            });
        Gen.Byte.Array.Sample(static bytes =>
        {
            TokenResponse.Read(bytes);
        });
    }

    private static (string? ErrorCode, bool IsError, Axvault.Api.Refresh.Shapes.IssuedTokens? Issued) Read(string body) =>
        TokenResponse.Read(Encoding.UTF8.GetBytes(body));
}
