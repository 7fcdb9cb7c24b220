using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Axvault.Api.Database;
using Axvault.Api.Startup;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Npgsql;

namespace Axvault.Tests.Startup;

/// <summary>Databases whose TLS, authentication, version or kind a server refuses, each in one line that says which.</summary>
public sealed class DatabaseTlsServerTests(VaultGraph graph)
{
    private static readonly DatabaseAddress Address = new(new NpgsqlConnectionStringBuilder("Host=h"));

    [Theory]
    [InlineData("127.0.0.1", "verify-full", false, "is not trusted")]
    [InlineData("127.0.0.1", "verify-ca", false, "is not trusted")]
    [InlineData("other.example", "verify-full", true, "is for another name")]
    public async Task A_certificate_that_is_refused_is_explained(string name, string mode, bool isTrusted, string fault)
    {
        using var certificate = Certificate(name, DateTimeOffset.UtcNow.AddDays(1));
        using var other = Certificate("127.0.0.1", DateTimeOffset.UtcNow.AddDays(1));

        Assert.Contains(fault, await RefusalAsync(certificate, isTrusted ? certificate : other, mode), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expired_certificate_is_explained()
    {
        using var certificate = Certificate("127.0.0.1", DateTimeOffset.UtcNow.AddDays(-1));

        Assert.Contains("has expired", await RefusalAsync(certificate, certificate, "verify-full"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?sslcert=/nowhere/file", "sslcert")]
    [InlineData("?sslrootcert=/nowhere/file&sslmode=verify-full", "sslrootcert")]
    [InlineData("?connection_limit=0", "Maximum Pool Size")]
    public async Task A_setting_that_only_the_driver_refuses_ends_the_start_with_one_line(string parameters, string name)
    {
        await using var server = await VaultServer.RunToEndAsync(new ServerSettings($"postgresql://u:p@127.0.0.1:{FreePort.Next()}/d{parameters}"));

        Assert.Equal(2, await server.WaitForExitAsync());
        Assert.Contains(name, Assert.Single(server.Errors), StringComparison.Ordinal);
        Assert.Empty(server.Output);
    }

    [Fact]
    public async Task Required_channel_binding_is_refused_where_there_is_none()
    {
        await using var database = await graph.CreateDatabaseAsync();

        await using var server = await VaultServer.RunToEndAsync(new ServerSettings($"{database.ConnectionString};Channel Binding=Require"));

        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.Contains("refuses the connection", Assert.Single(server.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void A_database_below_version_14_is_refused()
    {
        Assert.Equal("The database at h:5432 is PostgreSQL 13.22: expected 14 or newer.", new DatabaseKind(130022, "13.22", false, false).Refusal(Address));
        Assert.Contains("9.6.24", new DatabaseKind(90624, "9.6.24", true, true).Refusal(Address), StringComparison.Ordinal);
        Assert.Null(new DatabaseKind(140000, "14.0", false, false).Refusal(Address));
        Assert.Null(new DatabaseKind(180001, "18.1", false, false).Refusal(Address));
    }

    [Fact]
    public void A_standby_and_a_read_only_primary_are_told_apart()
    {
        Assert.Contains("is a standby", new DatabaseKind(160000, "16", true, true).Refusal(Address), StringComparison.Ordinal);
        Assert.Contains("no standby", new DatabaseKind(160000, "16", false, true).Refusal(Address), StringComparison.Ordinal);
    }

    private static async Task<string> RefusalAsync(X509Certificate2 certificate, X509Certificate2 trusted, string mode)
    {
        using var folder = new TestFolder();
        var roots = Path.Combine(folder.Path, "roots.pem");
        await File.WriteAllTextAsync(roots, trusted.ExportCertificatePem(), TestContext.Current.CancellationToken);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var serving = ServeAsync(listener, certificate, end.Token);
        var url = string.Create(
            CultureInfo.InvariantCulture,
            $"postgresql://u:canary-password-8812@127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/d?sslmode={mode}&sslrootcert={roots}"
        );
        await using var server = await VaultServer.RunToEndAsync(new ServerSettings(url));
        await end.CancelAsync();
        await serving;

        Assert.Equal(1, await server.WaitForExitAsync());
        var line = Assert.Single(server.Errors);
        Assert.Contains("refuses the connection", line, StringComparison.Ordinal);
        Assert.DoesNotContain("canary-password-8812", line, StringComparison.Ordinal);
        return line;
    }

    // Speaks as much of the protocol as comes before a password: it offers TLS, and shows the certificate.
    private static async Task ServeAsync(TcpListener listener, X509Certificate2 certificate, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync(cancellationToken);
                var stream = client.GetStream();
                await stream.ReadExactlyAsync(new byte[8], cancellationToken);
                await stream.WriteAsync("S"u8.ToArray(), cancellationToken);
                await using var tls = new SslStream(stream);
                await tls.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions { ServerCertificate = certificate, ApplicationProtocols = [new SslApplicationProtocol("postgresql")] },
                    cancellationToken
                );
                await tls.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, cancellationToken);
            }
            catch (Exception exception) when (exception is IOException or System.Security.Authentication.AuthenticationException or OperationCanceledException)
            {
                // The client refused the certificate, or the test is over: the next connection, or the end.
            }
        }
    }

    private static X509Certificate2 Certificate(string name, DateTimeOffset end)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out var address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(name);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var made = request.CreateSelfSigned(end.AddDays(-30), end);
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
