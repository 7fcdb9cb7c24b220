using System.Net;
using System.Text;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Http;

/// <summary>Bytes that no HTTP client would send cause no hang and no server error, and the next client is served.</summary>
public sealed class RawHttpServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    public static TheoryData<string> Malformed =>
        [
            "\0\0\0\0\r\n\r\n",
            "GET\r\n\r\n",
            "GET /\r\n\r\n",
            "GET / HTTP/9.9\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
            "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: y\0z\r\n\r\n",
            "GET /health HTTP/1.1\nHost: a\n\n",
            "GET /health HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
            "GET /health HTTP/1.1\r\nHost: a\r\n\n",
            "G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /api/v1/credentials/%00 HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /api/v1/credentials/\u0000 HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /api/v1/credentials/\u00ff HTTP/1.1\r\nHost: a\r\n\r\n",
            "PUT /api/v1/credentials/a HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
            "PUT /api/v1/credentials/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1x\r\n\r\n",
            "PUT /api/v1/credentials/a HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "PUT /api/v1/credentials/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "PUT /api/v1/credentials/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
            "PUT /api/v1/credentials/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
            "PUT /api/v1/credentials/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003\r\n\r\n",
            "SSH-2.0-OpenSSH_9.2\r\n\r\n",
            "\0\0\0\b\u0004\u00d2\u0016/\r\n\r\n",
        ];

    [Theory]
    [MemberData(nameof(Malformed), DisableDiscoveryEnumeration = true)]
    public async Task Malformed_HTTP_is_refused_and_the_connection_closed(string request)
    {
        var answer = await RawHttp.ExchangeAsync(vault.Server.Address, Encoding.Latin1.GetBytes(request));

        Assert.True(
            answer.Length == 0
                || answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal)
                || answer.StartsWith("HTTP/1.1 505", StringComparison.Ordinal)
                || IsHttp2(answer),
            answer
        );
        (await vault.Admin.GetAsync("health")).Is(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET /api/v1/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /api/v1/keys HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")]
    public async Task No_answer_names_the_server_software(string request)
    {
        var answer = await ExchangeAsync(request);

        Assert.StartsWith("HTTP/1.1 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("\r\nServer:", answer, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Kestrel", answer, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("zz\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("ffffffffffffffff\r\n")]
    [InlineData("2\r\n{}}\r\n")]
    [InlineData("2;x=\u0000y\r\n{}\r\n0\r\n\r\n")]
    [InlineData("2\n{}\n0\n\n")]
    public async Task Malformed_chunks_are_refused(string chunks)
    {
        var answer = await ExchangeAsync(
            "PUT /api/v1/credentials/chunks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
                + $"Authorization: Bearer {vault.Admin.Secret}\r\nConnection: close\r\n\r\n{chunks}",
            end: true
        );

        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal), answer);
        (await vault.Admin.GetAsync("health")).Is(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\r\n\r\n\r\n\r\n")]
    [InlineData("G")]
    [InlineData("GET /api/v1/health HTTP/1.1\r\nHost: a\r\n")]
    [InlineData("PUT /api/v1/credentials/a HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")]
    public async Task A_request_that_ends_in_the_middle_is_dropped(string request)
    {
        var answer = await ExchangeAsync(request, end: true);

        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal), answer);
        (await vault.Admin.GetAsync("health")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_body_that_ends_in_the_middle_writes_nothing()
    {
        var body = """{"type":"api-key","data":{}}""";
        await ExchangeAsync(
            $"PUT /api/v1/credentials/half HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {body.Length + 1}\r\n"
                + $"Authorization: Bearer {vault.Admin.Secret}\r\n\r\n{body}",
            end: true
        );

        (await vault.Admin.GetAsync("credentials/half")).IsNotFound();
        Assert.DoesNotContain(vault.Server.Output, static line => line.Contains("\"@l\":\"Error\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_second_request_cannot_be_smuggled_in_a_body()
    {
        var smuggled = $"DELETE /api/v1/credentials/precious HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {vault.Admin.Secret}\r\n\r\n";
        await vault.Admin.PutCredentialAsync("precious");

        var answer = await ExchangeAsync(
            $"PUT /api/v1/credentials/a HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {smuggled.Length}\r\n"
                + $"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}",
            end: true
        );

        Assert.DoesNotContain("HTTP/1.1 2", answer, StringComparison.Ordinal);
        (await vault.Admin.GetAsync("credentials/precious")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order()
    {
        var one = $"GET /api/v1/credentials/absent HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {vault.Admin.Secret}\r\n\r\n";
        var last = "GET /api/v1/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

        var answer = await ExchangeAsync(string.Concat(Enumerable.Repeat(one, 20)) + last);

        Assert.Equal(20, answer.Split("HTTP/1.1 404 ").Length - 1);
        Assert.Contains("HTTP/1.1 200 OK", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_stays_usable_after_a_malformed_body()
    {
        var bad =
            "PUT /api/v1/credentials/a HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 5\r\n"
            + $"Authorization: Bearer {vault.Admin.Secret}\r\n\r\n{{\"a\":";
        var good = "GET /api/v1/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

        var answer = await ExchangeAsync(bad + good);

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 200 OK", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("DELETE", "")]
    public async Task A_body_of_a_call_that_takes_none_is_ignored(string method, string suffix)
    {
        var answer = await ExchangeAsync(
            $"{method} /api/v1/credentials/absent{suffix} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
                + $"Connection: close\r\nAuthorization: Bearer {vault.Admin.Secret}\r\n\r\n{{}}"
        );

        Assert.StartsWith("HTTP/1.1 404 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/v1//health", 404)]
    [InlineData("/api/v1/%68ealth", 200)]
    [InlineData("/api/v1/health/", 200)]
    [InlineData("/API/V1/HEALTH", 200)]
    [InlineData("/api/v1/health?%zz&&==&a=%00", 200)]
    [InlineData("/api/v1/health#x", 404)]
    [InlineData("http://other.example/api/v1/health", 200)]
    [InlineData("*", 405)]
    public async Task An_unusual_request_target_is_routed_or_refused(string target, int status)
    {
        var answer = await ExchangeAsync($"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        Assert.Matches($"^HTTP/1.1 ({status}|400|404) ", answer);
    }

    // The server answers an HTTP/2 preface with HTTP/2 frames that say it does not support HTTP/2.
    private static bool IsHttp2(string answer) => answer.StartsWith('\0');

    private Task<string> ExchangeAsync(string request, bool end = false) => RawHttp.ExchangeAsync(vault.Server.Address, Encoding.Latin1.GetBytes(request), end);
}
