using System.Text;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Refresh.Shapes;
using static Axvault.Tests.Refresh.Grants.TokenClientCalls;

namespace Axvault.Tests.Refresh.Grants;

/// <summary>The token client's reading of complete answers. The provider counts that each request is sent once.</summary>
public sealed class TokenClientAnswerTests
{
    [Theory]
    // A success with tokens, with any status of the 2xx class.
    [InlineData(200, Granted, null, null)]
    [InlineData(201, Granted, null, null)]
    [InlineData(200, """{"refresh_token":"r"}""", null, null)]
    [InlineData(200, """{"access_token":"a","error":"server_error"}""", null, null)]
    // A success status with an error in the body.
    [InlineData(200, """{"error":"invalid_grant"}""", "Permanent", "invalid_grant")]
    [InlineData(200, """{"error":{"code":"refresh_token_reused"}}""", "Permanent", "refresh_token_reused")]
    [InlineData(200, """{"error":"slow_down"}""", "Transient", "slow_down")]
    [InlineData(200, """{"error":"a word of its own"}""", "Transient", "http_200")]
    // After a success status without tokens, the refresh token may have been used.
    [InlineData(200, "", "Unknown", "unexpected_answer")]
    [InlineData(200, "garbage", "Unknown", "unexpected_answer")]
    [InlineData(200, "<html></html>", "Unknown", "unexpected_answer")]
    [InlineData(200, "{}", "Unknown", "unexpected_answer")]
    [InlineData(200, "[]", "Unknown", "unexpected_answer")]
    [InlineData(200, """{"access_token":"a" """, "Unknown", "unexpected_answer")]
    [InlineData(200, """{"code":"success","data":{"access_token":"a"}}""", null, null)]
    [InlineData(200, "access_token=a&refresh_token=r&expires_in=60", null, null)]
    [InlineData(200, """{"error":"bad_refresh_token"}""", "Permanent", "bad_refresh_token")]
    [InlineData(200, "error=bad_refresh_token&error_description=The+refresh+token+is+incorrect", "Permanent", "bad_refresh_token")]
    [InlineData(200, """{"\ud800":1}""", "Unknown", "unexpected_answer")]
    [InlineData(204, "", "Unknown", "unexpected_answer")]
    // A refusal is classed by its code.
    [InlineData(400, """{"error":"invalid_grant"}""", "Permanent", "invalid_grant")]
    [InlineData(400, """{"error":"invalid_client"}""", "Misconfigured", "invalid_client")]
    [InlineData(400, """{"error":"INVALID_GRANT"}""", "Permanent", "invalid_grant")]
    [InlineData(400, """{"errors":[{"code":"Invalid_Token"}]}""", "Permanent", "invalid_token")]
    [InlineData(400, """{"error":"interaction_required"}""", "Permanent", "interaction_required")]
    [InlineData(
        400,
        """{"error":"invalid_request","error_description":"Invalid refresh token or client_id"}""",
        "Permanent",
        "refresh_token_invalid"
    )]
    [InlineData(400, """{"error":"invalid_request","error_description":"Missing parameter refresh_token"}""", "Transient", "invalid_request")]
    [InlineData(403, """{"code":"unauthorized_client"}""", "Misconfigured", "unauthorized_client")]
    [InlineData(400, """{"error":{"type":"x","code":"refresh_token_expired"}}""", "Permanent", "refresh_token_expired")]
    [InlineData(400, """{"error":"invalid_request"}""", "Transient", "invalid_request")]
    [InlineData(400, """{"error":"sk-ant-ort01-canary"}""", "Transient", "http_400")]
    [InlineData(400, """{"\ud800":1,"error":"invalid_grant"}""", "Permanent", "invalid_grant")]
    [InlineData(400, "garbage", "Transient", "http_400")]
    [InlineData(404, "", "Transient", "http_404")]
    [InlineData(401, """{"error":"invalid_client"}""", "Misconfigured", "invalid_client")]
    [InlineData(401, """{"error":"temporarily_unavailable"}""", "Transient", "temporarily_unavailable")]
    [InlineData(401, "", "Transient", "http_401")]
    // 429 is never final, and other failures of the server itself are not final.
    [InlineData(429, """{"error":"invalid_grant"}""", "Transient", "invalid_grant")]
    [InlineData(429, "", "Transient", "http_429")]
    [InlineData(500, """{"error":"invalid_grant"}""", "Permanent", "invalid_grant")]
    [InlineData(500, "", "Transient", "http_500")]
    [InlineData(502, "<html></html>", "Transient", "http_502")]
    [InlineData(503, """{"error":{"type":"overloaded_error"}}""", "Transient", "overloaded_error")]
    [InlineData(529, "", "Transient", "http_529")]
    [InlineData(504, "", "Unknown", "http_504")]
    [InlineData(504, """{"error":"server_error"}""", "Unknown", "server_error")]
    [InlineData(520, "", "Unknown", "http_520")]
    [InlineData(521, "", "Transient", "http_521")]
    [InlineData(524, "<html></html>", "Unknown", "http_524")]
    public async Task An_answer_is_classified_by_its_status_and_code(int status, string body, string? failure, string? error)
    {
        await using var stub = ProviderStub.Answering(status, body);
        var result = await SendAsync(ProviderAt(stub.Url));
        Assert.Equal((failure is null, failure, error), (result.IsGranted, result.Failure?.ToString(), result.Error));
        AssertSentOnce(stub);
    }

    [Theory]
    [InlineData(401, "", "Permanent", "http_401")]
    [InlineData(401, "garbage", "Permanent", "http_401")]
    [InlineData(401, """{"error":"temporarily_unavailable"}""", "Permanent", "temporarily_unavailable")]
    [InlineData(400, """{"error":"invalid_request"}""", "Transient", "invalid_request")]
    [InlineData(403, "", "Transient", "http_403")]
    [InlineData(429, "", "Transient", "http_429")]
    [InlineData(500, "", "Transient", "http_500")]
    [InlineData(504, "", "Unknown", "http_504")]
    public async Task Every_401_of_openai_is_final_and_no_other_status_is(int status, string body, string failure, string error)
    {
        await using var stub = ProviderStub.Answering(status, body);
        var result = await SendAsync(ProviderDefaults.All.Single(static provider => provider.Name == "openai") with { TokenUrl = stub.Url });
        Assert.Equal((failure, error), (result.Failure?.ToString(), result.Error));
        AssertSentOnce(stub);
    }

    [Theory]
    [InlineData("Retry-After: 7\r\n", 7.0)]
    [InlineData("Retry-After: 0\r\n", 0.0)]
    [InlineData("Retry-After: 2147483647\r\n", 2147483647.0)]
    [InlineData("Retry-After: 2147483648\r\n", 2147483648.0)]
    [InlineData("Retry-After: 99999999999999999999\r\n", 3153600000.0)]
    [InlineData("Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", 3153600000.0)]
    [InlineData("Retry-After: Sun, 01 Mar 2026 12:02:00 GMT\r\n", 120.0)]
    [InlineData("Retry-After: Sun, 01 Mar 2026 11:59:00 GMT\r\n", null)]
    [InlineData("Retry-After: -1\r\n", null)]
    [InlineData("Retry-After: soon\r\n", null)]
    [InlineData("Retry-After: 1.5\r\n", null)]
    [InlineData("", null)]
    public async Task Retry_after_is_read_as_seconds_or_as_a_date(string field, double? seconds)
    {
        foreach (var status in new[] { 429, 503, 400 })
        {
            await using var stub = ProviderStub.Answering(status, "", field);
            var result = await SendAsync(ProviderAt(stub.Url), time: new FixedTime(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero)));
            Assert.Equal((FailureClass.Transient, seconds), (result.Failure, result.RetryAfter?.TotalSeconds));
            AssertSentOnce(stub);
        }
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_is_not_followed(int status)
    {
        await using var elsewhere = ProviderStub.Answering(200, Granted);
        await using var stub = ProviderStub.Answering(status, "", $"Location: {elsewhere.Url}\r\n");
        var result = await SendAsync(ProviderAt(stub.Url));
        Assert.Equal((FailureClass.Transient, $"http_{status}"), (result.Failure, result.Error));
        AssertSentOnce(stub);
        Assert.Equal(0, elsewhere.Connections);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(1024 * 1024, false)]
    public async Task An_answer_is_read_up_to_its_limit(int beyond, bool granted)
    {
        var body = Granted + new string(' ', AnswerBody.MaxBytes - Granted.Length + beyond);
        await using var stub = ProviderStub.Answering(200, body);
        var result = await SendAsync(ProviderAt(stub.Url));
        Assert.Equal((granted, granted ? null : FailureClass.Unknown), (result.IsGranted, result.Failure));
        AssertSentOnce(stub);
    }

    [Theory]
    [InlineData(200, "Unknown", "unexpected_answer")]
    [InlineData(400, "Transient", "http_400")]
    public async Task An_endless_answer_is_abandoned_at_the_limit(int status, string failure, string error)
    {
        await using var stub = new ProviderStub(
            async (stream, _, stopping) =>
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nTransfer-Encoding: chunked\r\n\r\n"), stopping);
                while (true)
                {
                    await stream.WriteAsync("4\r\nabcd\r\n"u8.ToArray(), stopping);
                }
            }
        );
        var result = await SendAsync(ProviderAt(stub.Url));
        Assert.Equal((failure, error), (result.Failure?.ToString(), result.Error));
        AssertSentOnce(stub);
    }

    [Theory]
    [InlineData(403, "Content-Type: text/html; charset=utf-8", "<html>", "blocked_by_provider")]
    [InlineData(429, "Content-Type: text/html", "<html>", "blocked_by_provider")]
    [InlineData(403, "X: y", "\n <!DOCTYPE html>", "blocked_by_provider")]
    [InlineData(403, "Content-Type: application/json", "{}", "http_403")]
    [InlineData(503, "Content-Type: text/html", "<html>", "http_503")]
    public async Task A_page_of_a_firewall_has_a_reason_of_its_own(int status, string field, string body, string error)
    {
        await using var stub = ProviderStub.Answering($"HTTP/1.1 {status} X\r\n{field}\r\nContent-Length: {body.Length}\r\nRetry-After: 7\r\n\r\n{body}");
        var result = await SendAsync(ProviderAt(stub.Url));
        Assert.Equal((FailureClass.Transient, error, TimeSpan.FromSeconds(7)), (result.Failure, result.Error, result.RetryAfter));
    }

    [Theory]
    [InlineData("Content-Type: text/plain", "status 200, text/plain")]
    [InlineData("Content-Type: sk-ant-ort01-canary/x", "status 200, another content type")]
    [InlineData("X: y", "status 200, no content type")]
    public async Task An_unexpected_answer_says_its_status_and_content_type_and_is_kept(string field, string detail)
    {
        await using var stub = ProviderStub.Answering($"HTTP/1.1 200 OK\r\n{field}\r\nContent-Length: 7\r\n\r\ngarbage");
        var result = await SendAsync(ProviderAt(stub.Url));
        Assert.Equal((detail, "garbage"), (result.Detail, Encoding.UTF8.GetString(result.Unread!.Body)));
    }

    [Fact]
    public async Task A_success_after_an_interim_answer_is_accepted()
    {
        await using var stub = ProviderStub.Answering($"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: {Granted.Length}\r\n\r\n{Granted}");
        Assert.True((await SendAsync(ProviderAt(stub.Url))).IsGranted);
        AssertSentOnce(stub);
    }

    [Fact]
    public async Task A_printed_result_shows_only_its_error()
    {
        await using var stub = ProviderStub.Answering(200, Granted);
        Assert.Equal("granted", (await SendAsync(ProviderAt(stub.Url))).ToString());
        await using var other = ProviderStub.Answering(400, """{"error":"sk-ant-ort01-canary","error_description":"sk-ant-ort01-canary"}""");
        Assert.Equal("http_400", (await SendAsync(ProviderAt(other.Url))).ToString());
        Assert.DoesNotContain(Token, new RefreshToken(Token).ToString(), StringComparison.Ordinal);
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
