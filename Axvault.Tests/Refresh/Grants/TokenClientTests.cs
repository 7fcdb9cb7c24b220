using System.Diagnostics;
using System.Net.Security;
using System.Reflection;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Refresh.Shapes;

namespace Axvault.Tests.Refresh.Grants;

/// <summary>What the client sends and makes of what comes back, byte for byte, and that it sends once: counted at the provider.</summary>
public sealed class TokenClientTests
{
    private const string Token = "1//0r+/=&?%\"\\ é";
    private const string Granted = """{"access_token":"a","refresh_token":"r","expires_in":3600}""";

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(400);

    [Fact]
    public async Task A_form_is_sent_as_RFC_6749_has_it()
    {
        await using var stub = ProviderStub.Answering(200, Granted);
        var result = await SendAsync(Provider(stub.Url));
        Assert.True(result.IsGranted, result.ToString());
        Assert.Equal(("a", "r", TimeSpan.FromHours(1)), (result.Issued.AccessToken, result.Issued.RefreshToken, result.Issued.ExpiresIn));

        var (header, body) = Split(Assert.Single(stub.Requests).Request);
        Assert.Equal("grant_type=refresh_token&refresh_token=1%2F%2F0r%2B%2F%3D%26%3F%25%22%5C+%C3%A9&client_id=app_1%2F%C3%A9", body);
        Assert.Equal("POST /oauth/token?tenant=1 HTTP/1.1", header[0]);
        Assert.Equal(
            [
                "Accept: application/json",
                "Content-Length: " + body.Length,
                "Content-Type: application/x-www-form-urlencoded",
                "Host: " + stub.Url.Authority,
                "User-Agent: axvault/" + typeof(TokenClient).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
            ],
            header.Skip(1).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Nothing_of_a_trace_or_of_what_its_client_made_it_carry_goes_to_the_provider()
    {
        using var request = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).AddBaggage("client", "says");
        request.TraceStateString = "client=says";
        request.Start();
        await using var stub = ProviderStub.Answering(200, Granted);
        await SendAsync(Provider(stub.Url));

        var (header, _) = Split(Assert.Single(stub.Requests).Request);
        Assert.Equal(["Accept", "Content-Length", "Content-Type", "Host", "User-Agent"], header.Skip(1).Select(static line => line.Split(':')[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task JSON_is_sent_to_a_provider_that_takes_it()
    {
        await using var stub = ProviderStub.Answering(200, Granted);
        Assert.True((await SendAsync(Provider(stub.Url) with { Encoding = GrantEncoding.Json, ClientSecret = new ClientSecret("s<>&'"), Scope = "a b" })).IsGranted);

        var (header, body) = Split(Assert.Single(stub.Requests).Request);
        Assert.Contains("Content-Type: application/json", header);
        using var json = System.Text.Json.JsonDocument.Parse(body);
        Assert.Equal(
            [("grant_type", "refresh_token"), ("refresh_token", Token), ("client_id", "app_1/é"), ("client_secret", "s<>&'"), ("scope", "a b")],
            json.RootElement.EnumerateObject().Select(static member => (member.Name, member.Value.GetString()!)));
    }

    [Fact]
    public async Task A_secret_and_a_scope_are_sent_in_the_form()
    {
        await using var stub = ProviderStub.Answering(200, Granted);
        await SendAsync(Provider(stub.Url) with { ClientSecret = new ClientSecret("s=&+ é"), Scope = "a b/c" });
        var (header, body) = Split(Assert.Single(stub.Requests).Request);
        Assert.EndsWith("&client_id=app_1%2F%C3%A9&client_secret=s%3D%26%2B+%C3%A9&scope=a+b%2Fc", body, StringComparison.Ordinal);
        Assert.DoesNotContain(header, static line => line.StartsWith("Authorization", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("app", "secret", "app:secret")]
    [InlineData("a:b c", "p:w+%/é&=", "a%3Ab+c:p%3Aw%2B%25%2F%C3%A9%26%3D")]
    [InlineData("日本", "\"\\\u007f", "%E6%97%A5%E6%9C%AC:%22%5C%7F")]
    public async Task Basic_sends_both_encoded_as_in_a_form_and_the_secret_nowhere_else(string clientId, string secret, string credentials)
    {
        foreach (var encoding in new[] { GrantEncoding.Form, GrantEncoding.Json })
        {
            await using var stub = ProviderStub.Answering(200, Granted);
            await SendAsync(Provider(stub.Url) with { ClientId = clientId, ClientSecret = new ClientSecret(secret), Authentication = ClientAuthentication.Basic, Encoding = encoding });
            var (header, body) = Split(Assert.Single(stub.Requests).Request);
            Assert.Contains("Authorization: Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes(credentials)), header);
            Assert.DoesNotContain("client_secret", body, StringComparison.Ordinal);
            Assert.Contains("client_id", body, StringComparison.Ordinal);
        }
    }

    [Theory]
    // A success with tokens, whatever the number of the success.
    [InlineData(200, Granted, null, null)]
    [InlineData(201, Granted, null, null)]
    [InlineData(200, """{"refresh_token":"r"}""", null, null)]
    [InlineData(200, """{"access_token":"a","error":"server_error"}""", null, null)]
    // A success with an error in it.
    [InlineData(200, """{"error":"invalid_grant"}""", "Permanent", "invalid_grant")]
    [InlineData(200, """{"error":{"code":"refresh_token_reused"}}""", "Permanent", "refresh_token_reused")]
    [InlineData(200, """{"error":"slow_down"}""", "Transient", "slow_down")]
    [InlineData(200, """{"error":"a word of its own"}""", "Transient", "http_200")]
    // A success that says nothing may have taken the token.
    [InlineData(200, "", "Unknown", "unexpected_answer")]
    [InlineData(200, "garbage", "Unknown", "unexpected_answer")]
    [InlineData(200, "<html></html>", "Unknown", "unexpected_answer")]
    [InlineData(200, "{}", "Unknown", "unexpected_answer")]
    [InlineData(200, "[]", "Unknown", "unexpected_answer")]
    [InlineData(200, """{"access_token":"a" """, "Unknown", "unexpected_answer")]
    [InlineData(200, """{"code":"success","data":{"access_token":"a"}}""", "Unknown", "unexpected_answer")]
    [InlineData(200, """{"\ud800":1}""", "Unknown", "unexpected_answer")]
    [InlineData(204, "", "Unknown", "unexpected_answer")]
    // A refusal, by its code.
    [InlineData(400, """{"error":"invalid_grant"}""", "Permanent", "invalid_grant")]
    [InlineData(400, """{"error":"invalid_client"}""", "Permanent", "invalid_client")]
    [InlineData(403, """{"code":"unauthorized_client"}""", "Permanent", "unauthorized_client")]
    [InlineData(400, """{"error":{"type":"x","code":"refresh_token_expired"}}""", "Permanent", "refresh_token_expired")]
    [InlineData(400, """{"error":"invalid_request"}""", "Transient", "invalid_request")]
    [InlineData(400, """{"error":"sk-ant-ort01-canary"}""", "Transient", "http_400")]
    [InlineData(400, """{"\ud800":1,"error":"invalid_grant"}""", "Permanent", "invalid_grant")]
    [InlineData(400, "garbage", "Transient", "http_400")]
    [InlineData(404, "", "Transient", "http_404")]
    [InlineData(401, """{"error":"invalid_client"}""", "Permanent", "invalid_client")]
    [InlineData(401, """{"error":"temporarily_unavailable"}""", "Transient", "temporarily_unavailable")]
    [InlineData(401, "", "Transient", "http_401")]
    // 429 never means dead, and a server's own fault is not the token's.
    [InlineData(429, """{"error":"invalid_grant"}""", "Transient", "invalid_grant")]
    [InlineData(429, "", "Transient", "http_429")]
    [InlineData(500, """{"error":"invalid_grant"}""", "Transient", "invalid_grant")]
    [InlineData(500, "", "Transient", "http_500")]
    [InlineData(502, "<html></html>", "Transient", "http_502")]
    [InlineData(503, """{"error":{"type":"overloaded_error"}}""", "Transient", "overloaded_error")]
    [InlineData(529, "", "Transient", "http_529")]
    [InlineData(504, "", "Unknown", "http_504")]
    [InlineData(504, """{"error":"server_error"}""", "Unknown", "server_error")]
    public async Task An_answer_is_classed_by_its_status_and_its_code(int status, string body, string? failure, string? error)
    {
        await using var stub = ProviderStub.Answering(status, body);
        var result = await SendAsync(Provider(stub.Url));
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
    public async Task Any_401_of_openai_is_final_and_nothing_else_is(int status, string body, string failure, string error)
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
    [InlineData("Retry-After: Sun, 01 Mar 2026 12:02:00 GMT\r\n", 120.0)]
    [InlineData("Retry-After: Sun, 01 Mar 2026 11:59:00 GMT\r\n", null)]
    [InlineData("Retry-After: -1\r\n", null)]
    [InlineData("Retry-After: soon\r\n", null)]
    [InlineData("Retry-After: 1.5\r\n", null)]
    [InlineData("", null)]
    public async Task What_the_provider_asks_for_is_told_in_seconds_or_as_a_date(string field, double? seconds)
    {
        foreach (var status in new[] { 429, 503, 400 })
        {
            await using var stub = ProviderStub.Answering(status, "", field);
            var result = await SendAsync(Provider(stub.Url), time: new FixedTime(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero)));
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
        var result = await SendAsync(Provider(stub.Url));
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
        var body = Granted + new string(' ', TokenClient.MaxAnswerBytes - Granted.Length + beyond);
        await using var stub = ProviderStub.Answering(200, body);
        var result = await SendAsync(Provider(stub.Url));
        Assert.Equal((granted, granted ? null : FailureClass.Unknown), (result.IsGranted, result.Failure));
        AssertSentOnce(stub);
    }

    [Theory]
    [InlineData(200, "Unknown", "unexpected_answer")]
    [InlineData(400, "Transient", "http_400")]
    public async Task An_endless_answer_is_left_at_the_limit(int status, string failure, string error)
    {
        await using var stub = new ProviderStub(async (stream, _, stopping) =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nTransfer-Encoding: chunked\r\n\r\n"), stopping);
            while (true)
            {
                await stream.WriteAsync("4\r\nabcd\r\n"u8.ToArray(), stopping);
            }
        });
        var result = await SendAsync(Provider(stub.Url));
        Assert.Equal((failure, error), (result.Failure?.ToString(), result.Error));
        AssertSentOnce(stub);
    }

    [Theory]
    [InlineData(200, "Unknown", "timed_out")]
    [InlineData(400, "Transient", "http_400")]
    public async Task An_answer_that_trickles_ends_with_the_time(int status, string failure, string error)
    {
        await using var stub = new ProviderStub(async (stream, _, stopping) =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nContent-Length: 1000\r\n\r\n"), stopping);
            while (true)
            {
                await stream.WriteAsync("a"u8.ToArray(), stopping);
                await Task.Delay(20, stopping);
            }
        });
        var result = await SendAsync(Provider(stub.Url), Short);
        Assert.Equal((failure, error), (result.Failure?.ToString(), result.Error));
        AssertSentOnce(stub);
    }

    [Fact]
    public async Task A_refused_connection_is_a_provider_that_was_not_reached()
    {
        var url = new Uri($"http://127.0.0.1:{Server.FreePort.Next()}/");
        var result = await SendAsync(Provider(url));
        Assert.Equal((FailureClass.Transient, RefreshError.Unreachable), (result.Failure, result.Error));
    }

    [Fact]
    public async Task A_name_that_is_not_known_is_a_provider_that_was_not_reached()
    {
        var result = await SendAsync(Provider(new Uri("https://provider.invalid/")));
        Assert.Equal((FailureClass.Transient, RefreshError.Unreachable), (result.Failure, result.Error));
    }

    [Fact]
    public async Task A_server_that_does_not_speak_TLS_is_sent_nothing()
    {
        await using var stub = new ProviderStub((_, _, _) => Task.CompletedTask, static async stream =>
        {
            await stream.WriteAsync("HTTP/1.1 400 X\r\n\r\n"u8.ToArray());
            return stream;
        });
        var result = await SendAsync(Provider(Https(stub.Url)));
        Assert.Equal((FailureClass.Transient, RefreshError.Unreachable), (result.Failure, result.Error));
        Assert.Empty(stub.Requests);
    }

    [Fact]
    public async Task A_server_that_nobody_vouches_for_is_sent_nothing()
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using var stub = new ProviderStub((_, _, _) => Task.CompletedTask, async stream =>
        {
            var tls = new SslStream(stream);
            await tls.AuthenticateAsServerAsync(certificate);
            return tls;
        });
        var result = await SendAsync(Provider(Https(stub.Url)));
        Assert.Equal((FailureClass.Transient, RefreshError.Unreachable), (result.Failure, result.Error));
        Assert.Empty(stub.Requests);
    }

    [Fact]
    public async Task Time_that_runs_out_before_anything_was_sent_loses_nothing()
    {
        // It listens, and says nothing to the client's first words of TLS.
        await using var stub = new ProviderStub((_, _, _) => Task.CompletedTask, static async stream =>
        {
            await Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(2)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return stream;
        });
        var result = await SendAsync(Provider(Https(stub.Url)), Short);
        Assert.Equal((FailureClass.Transient, RefreshError.Unreachable), (result.Failure, result.Error));
        Assert.Empty(stub.Requests);
    }

    [Fact]
    public async Task Time_that_runs_out_before_the_answer_leaves_the_outcome_unknown()
    {
        await using var stub = new ProviderStub(static (_, _, stopping) => Task.Delay(Timeout.Infinite, stopping));
        var started = Stopwatch.GetTimestamp();
        var result = await SendAsync(Provider(stub.Url), Short);
        Assert.Equal((FailureClass.Unknown, RefreshError.TimedOut), (result.Failure, result.Error));
        Assert.InRange(Stopwatch.GetElapsedTime(started), Short * 0.9, Short + TimeSpan.FromSeconds(20));
        AssertSentOnce(stub);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("", true)]
    [InlineData("HTTP/1.1 200", false)]
    [InlineData("HTTP/1.1 200", true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le", false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"access_token\":\"a\"", false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"access_token\":\"a\"", true)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"acc", false)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", false)]
    [InlineData("nothing of HTTP\r\n\r\n", false)]
    [InlineData("\0\0\0", false)]
    public async Task A_connection_that_is_cut_after_the_token_was_sent_leaves_the_outcome_unknown_and_nothing_is_sent_again(string answer, bool reset)
    {
        await using var stub = ProviderStub.Cutting(answer, reset);
        var result = await SendAsync(Provider(stub.Url));
        Assert.Equal((FailureClass.Unknown, RefreshError.ConnectionLost), (result.Failure, result.Error));

        // Long enough for a framework that tried once more.
        await Task.Delay(200, TestContext.Current.CancellationToken);
        AssertSentOnce(stub);
    }

    [Fact]
    public async Task A_success_whose_end_the_provider_does_not_say_is_unknown_when_it_is_cut()
    {
        await using var stub = ProviderStub.Cutting("HTTP/1.1 200 OK\r\n\r\n{\"access_token\":\"a\",\"refresh");
        var result = await SendAsync(Provider(stub.Url));
        Assert.Equal((FailureClass.Unknown, RefreshError.UnexpectedAnswer), (result.Failure, result.Error));
        AssertSentOnce(stub);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"access_token\":\"a\",\"refresh_token\":\"r\"}")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n28\r\n{\"access_token\":\"a\",\"refresh_token\":\"r\"}\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 43\r\n\r\n\ufeff{\"access_token\":\"a\",\"refresh_token\":\"r\"}")]
    public async Task Tokens_that_came_whole_are_kept_whatever_is_wrong_around_them(string answer)
    {
        await using var stub = ProviderStub.Cutting(answer);
        var result = await SendAsync(Provider(stub.Url));
        Assert.Equal(("a", "r"), (result.Issued?.AccessToken, result.Issued?.RefreshToken));
        AssertSentOnce(stub);
    }

    [Fact]
    public async Task A_refusal_that_is_cut_off_is_a_refusal()
    {
        await using var stub = ProviderStub.Cutting("HTTP/1.1 503 X\r\nContent-Length: 100\r\nRetry-After: 3\r\n\r\n{\"err");
        var result = await SendAsync(Provider(stub.Url));
        Assert.Equal((FailureClass.Transient, "http_503", TimeSpan.FromSeconds(3)), (result.Failure, result.Error, result.RetryAfter));
        AssertSentOnce(stub);
    }

    [Fact]
    public async Task A_success_with_an_interim_answer_before_it_is_one()
    {
        await using var stub = ProviderStub.Answering($"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: {Granted.Length}\r\n\r\n{Granted}");
        Assert.True((await SendAsync(Provider(stub.Url))).IsGranted);
        AssertSentOnce(stub);
    }

    [Fact]
    public async Task Each_request_has_a_connection_of_its_own_also_when_the_provider_would_keep_it_open()
    {
        await using var stub = ProviderStub.Answering(200, Granted, "Connection: keep-alive\r\nKeep-Alive: timeout=60\r\nSet-Cookie: session=1; Path=/\r\n");
        using var client = new TokenClient(TimeProvider.System);
        for (var i = 0; i < 5; i++)
        {
            Assert.True((await client.RefreshAsync(Provider(stub.Url), new RefreshToken(Token), Long)).IsGranted);
        }

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.RefreshAsync(Provider(stub.Url), new RefreshToken(Token), Long)));
        Assert.Equal((25, 25), (stub.Requests.Count, stub.Requests.Select(static request => request.Connection).Distinct().Count()));
        Assert.DoesNotContain(stub.Requests, static request => request.Request.Contains("\r\nCookie:", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_provider_that_hangs_up_on_every_other_request_is_sent_each_once()
    {
        var served = 0;
        await using var stub = new ProviderStub(async (stream, socket, stopping) =>
        {
            if (Interlocked.Increment(ref served) % 2 == 0)
            {
                socket.Close();
                return;
            }

            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {Granted.Length}\r\n\r\n{Granted}"), stopping);
        });
        using var client = new TokenClient(TimeProvider.System);
        for (var i = 0; i < 10; i++)
        {
            var result = await client.RefreshAsync(Provider(stub.Url), new RefreshToken(Token), Long);
            Assert.Equal(i % 2 == 0 ? null : FailureClass.Unknown, result.Failure);
        }

        Assert.Equal((10, 10), (stub.Requests.Count, stub.Connections));
    }

    [Fact]
    public async Task What_is_printed_of_a_result_is_its_error_alone()
    {
        await using var stub = ProviderStub.Answering(200, Granted);
        Assert.Equal("granted", (await SendAsync(Provider(stub.Url))).ToString());
        await using var other = ProviderStub.Answering(400, """{"error":"sk-ant-ort01-canary","error_description":"sk-ant-ort01-canary"}""");
        Assert.Equal("http_400", (await SendAsync(Provider(other.Url))).ToString());
        Assert.DoesNotContain(Token, new RefreshToken(Token).ToString(), StringComparison.Ordinal);
    }

    private static void AssertSentOnce(ProviderStub stub) => Assert.Equal((1, 1), (stub.Requests.Count, stub.Connections));

    private static OAuthProvider Provider(Uri url) => new() { Name = "corp", TokenUrl = url, ClientId = "app_1/é" };

    private static Uri Https(Uri url) => new UriBuilder(url) { Scheme = "https" }.Uri;

    private static async Task<GrantResult> SendAsync(OAuthProvider provider, TimeSpan? timeout = null, TimeProvider? time = null)
    {
        using var client = new TokenClient(time ?? TimeProvider.System);
        return await client.RefreshAsync(provider, new RefreshToken(Token), timeout ?? Long);
    }

    private static (string[] Header, string Body) Split(string request)
    {
        var end = request.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (request[..end].Split("\r\n"), Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(request[(end + 4)..])));
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
