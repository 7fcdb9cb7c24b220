using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Tls;

/// <summary>A server that speaks HTTPS, and clients that verify its certificate.</summary>
public sealed class TlsServerTests(TlsFixture vault) : IClassFixture<TlsFixture>
{
    [Fact]
    public async Task A_client_that_trusts_the_root_is_served()
    {
        Assert.Equal("https", vault.Server.Address.Scheme);
        using var admin = vault.Admin();

        (await admin.PutCredentialAsync("by.tls")).Is(HttpStatusCode.Created);
        (await admin.GetAsync("credentials/by.tls")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_client_that_trusts_another_root_refuses_the_connection()
    {
        using var other = new TestAuthority();
        using var client = new VaultClient(vault.Server.Address, null, other.Root);

        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("health"));

        Assert.IsType<AuthenticationException>(refused.InnerException);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, "h2")]
    [InlineData(SslProtocols.Tls12, "http/1.1")]
    [InlineData(SslProtocols.Tls13, "h2")]
    [InlineData(SslProtocols.Tls13, "http/1.1")]
    public async Task The_server_speaks_HTTP_1_and_2_over_TLS_1_2_and_1_3(SslProtocols protocol, string application)
    {
        await using var connection = await ConnectAsync(protocol, application);

        Assert.Equal((protocol, application), (connection.SslProtocol, connection.NegotiatedApplicationProtocol.ToString()));
    }

    [Fact]
    public async Task TLS_1_1_is_refused()
    {
#pragma warning disable SYSLIB0039, CA5397 // TLS 1.1 is obsolete. The test shows that the server refuses it.
        await Assert.ThrowsAnyAsync<Exception>(() => ConnectAsync(SslProtocols.Tls11, "http/1.1"));
#pragma warning restore SYSLIB0039, CA5397
    }

    [Fact]
    public async Task A_client_of_HTTP_2_is_served()
    {
        using var http = new HttpClient(new SocketsHttpHandler { SslOptions = Trust() });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(vault.Server.Address, "/api/v1/credentials/absent"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", vault.Server.BootstrapSecret);

        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal((HttpVersion.Version20, HttpStatusCode.NotFound), (answer.Version, answer.StatusCode));
    }

    [Fact]
    public async Task The_health_check_uses_TLS_and_ignores_the_name_of_the_certificate()
    {
        var start = VaultServer.StartInfo(["healthcheck", "--port", vault.Server.Address.Port.ToString(CultureInfo.InvariantCulture)]);
        var without = await ProgramRun.ToEndAsync(start);
        start.Environment["AXVAULT_TLS_CERT_FILE"] = "/of/the/server.pem";
        var with = await ProgramRun.ToEndAsync(start);

        Assert.Equal((1, 0, ""), (without.ExitCode, with.ExitCode, with.Errors));
    }

    [Fact]
    public async Task HTTP_without_TLS_gets_no_answer()
    {
        var answer = await RawHttp.ExchangeAsync(vault.Server.Address, "GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());

        Assert.DoesNotContain("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("ok", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/api/v1/health", 200)]
    [InlineData("HEAD", "/health", 200)]
    [InlineData("GET", "/alive", 200)]
    [InlineData("GET", "/docs/", 200)]
    [InlineData("GET", "/openapi/v1.json", 200)]
    [InlineData("GET", "/api/v1/keys", 200)]
    [InlineData("GET", "/api/v1/credentials/absent", 404)]
    [InlineData("GET", "/nowhere", 404)]
    [InlineData("TRACE", "/api/v1/keys", 405)]
    [InlineData("PUT", "/api/v1/credentials/a", 400)]
    public async Task Every_answer_has_the_HSTS_header_and_no_server_header(string method, string path, int status)
    {
        using var admin = vault.Admin();

        var answer = await admin.SendAsync(HttpMethod.Parse(method), path);

        answer.Is((HttpStatusCode)status);
        Assert.Equal("max-age=31536000", answer.Headers["Strict-Transport-Security"]);
        Assert.Equal("no-store", answer.Headers["Cache-Control"]);
        Assert.DoesNotContain("Server", answer.Headers.Keys);
    }

    [Fact]
    public async Task A_refused_key_has_the_HSTS_header()
    {
        using var anonymous = vault.Server.Client();

        var answer = await anonymous.GetAsync("keys");

        answer.IsUnauthorized();
        Assert.Equal("max-age=31536000", answer.Headers["Strict-Transport-Security"]);
    }

    [Fact]
    public async Task A_refusal_of_the_listener_has_no_server_header()
    {
        await using var connection = await ConnectAsync(SslProtocols.Tls13, "http/1.1");
        await connection.WriteAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), TestContext.Current.CancellationToken);

        var answer = await ReadAsync(connection);

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("\r\nServer:", answer, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Garbage_handshakes_do_not_block_other_clients()
    {
        await Task.WhenAll(
            Enumerable.Range(0, 20).Select(async i => await RawHttp.ExchangeAsync(vault.Server.Address, [0x16, 3, 1, 2, 0, 1, 0, (byte)i], end: true))
        );

        using var client = vault.Server.Client();
        (await client.GetAsync("health")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Metrics_stay_on_HTTP_and_report_the_expiry_of_the_certificate()
    {
        using var scraper = new VaultClient(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{vault.MetricsPort}")), null)
        {
            IsOfTheApi = false,
        };

        var answer = await scraper.GetAsync("/metrics");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.DoesNotContain("Strict-Transport-Security", answer.Headers.Keys);
        Assert.InRange(Assert.Single(Scrape.Parse(answer.Text).Of("axvault_tls_certificate_expiry_seconds")).Value, 86_400, 365 * 86_400);
    }

    [Fact]
    public async Task A_renewed_certificate_is_served_and_open_connections_stay()
    {
        await using var open = await ConnectAsync(SslProtocols.Tls13, "http/1.1");
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(open), StringComparison.Ordinal);
        var (before, next) = (open.RemoteCertificate!.GetCertHashString(), vault.Authority.Issue(until: TimeSpan.FromDays(60), rsa: true));

        vault.Folder.Turn(next);
        await Until.HoldsAsync(async () => await ServedAsync() == next.Thumbprint, "the new certificate is served");

        Assert.StartsWith("HTTP/1.1 200", await AskAsync(open), StringComparison.Ordinal);
        Assert.Equal(before, open.RemoteCertificate!.GetCertHashString());
        await vault.Server.WaitForOutputAsync("The certificate was renewed");
        using var client = vault.Server.Client();
        (await client.GetAsync("health")).Is(HttpStatusCode.OK);
    }

    private async Task<string> ServedAsync()
    {
        await using var connection = await ConnectAsync(SslProtocols.Tls13, "http/1.1");
        return connection.RemoteCertificate!.GetCertHashString();
    }

    private SslClientAuthenticationOptions Trust() =>
        new()
        {
            TargetHost = "localhost",
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { vault.Authority.Root },
                RevocationMode = X509RevocationMode.NoCheck,
            },
        };

    private async Task<SslStream> ConnectAsync(SslProtocols protocol, string application)
    {
        var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync(vault.Server.Address.Host, vault.Server.Address.Port, TestContext.Current.CancellationToken);
        var stream = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false);
        var options = Trust();
        options.EnabledSslProtocols = protocol;
        options.ApplicationProtocols = [new SslApplicationProtocol(application)];
        try
        {
            await stream.AuthenticateAsClientAsync(options, TestContext.Current.CancellationToken);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    // HEAD: its answer ends with its headers, so the next answer on the connection starts with the next byte.
    private static async Task<string> AskAsync(SslStream connection)
    {
        await connection.WriteAsync("HEAD /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        return await ReadAsync(connection);
    }

    // Reads one answer, up to the end of its headers.
    private static async Task<string> ReadAsync(SslStream connection)
    {
        var bytes = new byte[4096];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        var text = "";
        while (!text.Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var count = await connection.ReadAsync(bytes, limit.Token);
            if (count == 0)
            {
                break;
            }

            text += Encoding.ASCII.GetString(bytes, 0, count);
        }

        return text;
    }
}
