using System.Text;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Http;

/// <summary>A request that a proxy may read in another way than the server is 400, and its connection is closed.</summary>
public sealed class RequestFramingServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    [Theory]
    [InlineData("Transfer-Encoding: gzip, chunked\r\n")]
    [InlineData("Transfer-Encoding: identity\r\n")]
    [InlineData("Transfer-Encoding: identity, chunked\r\n")]
    [InlineData("Transfer-Encoding: chunked, chunked\r\n")]
    [InlineData("Transfer-Encoding: chunked;q=1\r\n")]
    [InlineData("Transfer-Encoding: Chunked\r\n")]
    [InlineData("Transfer-Encoding: ,chunked\r\n")]
    [InlineData("Transfer-Encoding: \r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")]
    [InlineData("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")]
    public async Task A_transfer_encoding_other_than_chunked_is_400(string headers)
    {
        Assert.StartsWith("HTTP/1.1 400 ", await PutAsync("HTTP/1.1", headers), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chunked_body_is_read_in_HTTP_1_1_only()
    {
        Assert.StartsWith("HTTP/1.1 201 ", await PutAsync("HTTP/1.1", "Transfer-Encoding: chunked\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 400 ", await PutAsync("HTTP/1.0", "Transfer-Encoding: chunked\r\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/v1/./health")]
    [InlineData("/api/v1/keys/../health")]
    [InlineData("/api/v1/keys/%2e%2e/health")]
    [InlineData("/api/v1/keys/.%2E/health")]
    [InlineData("/api/v1/%2e/health")]
    [InlineData("/api/v1/keys/%252e%252E/health")]
    [InlineData("/api/v1/keys%2f..%2fhealth")]
    [InlineData("/api/v1/keys/..%5chealth")]
    [InlineData("/api/v1/keys/..\\health")]
    [InlineData("/api/v1/keys/..;x=y/health")]
    [InlineData("/api/v1/health/..")]
    [InlineData("/api/v1/health/.")]
    [InlineData("/..")]
    [InlineData("/../../../etc/passwd")]
    [InlineData("http://other.example/api/v1/keys/../health")]
    public async Task A_path_with_a_dot_segment_is_400(string target)
    {
        var answer = await AskAsync($"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        // Kestrel itself refuses a target with another host.
        Assert.Equal(target.StartsWith('/'), answer.Contains("application/problem+json", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/api/v1/health?next=/../x")]
    [InlineData("/api/v1/health?..")]
    [InlineData("/api/v1/%68ealth")]
    public async Task Dots_elsewhere_are_served(string target)
    {
        Assert.StartsWith("HTTP/1.1 200 ", await AskAsync($"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a..b")]
    [InlineData("a.")]
    [InlineData("a...")]
    public async Task A_name_with_dots_is_no_dot_segment(string name)
    {
        Assert.StartsWith(
            "HTTP/1.1 404 ",
            await AskAsync($"GET /api/v1/credentials/{name} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {vault.Admin.Secret}\r\n\r\n"),
            StringComparison.Ordinal
        );
    }

    private Task<string> PutAsync(string protocol, string headers)
    {
        const string Body = """{"type":"api-key","data":{}}""";
        return AskAsync(
            $"PUT /api/v1/credentials/framed {protocol}\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n"
                + $"Authorization: Bearer {vault.Admin.Secret}\r\n{headers}"
                + $"\r\n{Body.Length:x}\r\n{Body}\r\n0\r\n\r\n"
        );
    }

    // A refusal closes the connection, so a request needs no header for that.
    private Task<string> AskAsync(string request) => RawHttp.ExchangeAsync(vault.Server.Address, Encoding.Latin1.GetBytes(request));
}
