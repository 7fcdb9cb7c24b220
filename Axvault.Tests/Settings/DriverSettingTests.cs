using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Npgsql;
using static Axvault.Tests.Settings.OptionsReading;

namespace Axvault.Tests.Settings;

/// <summary>Settings that only a library would refuse, and only after the start.</summary>
public sealed class DriverSettingTests
{
    [Theory]
    [InlineData("Minimum Pool Size=5;Maximum Pool Size=3")]
    [InlineData("Minimum Pool Size=30;Maximum Pool Size=20")]
    [InlineData("Maximum Pool Size=0")]
    [InlineData("Maximum Pool Size=2147483647")]
    [InlineData("Write Buffer Size=512")]
    [InlineData("Read Buffer Size=512")]
    [InlineData("Read Buffer Size=2147483647")]
    [InlineData("Socket Receive Buffer Size=-1")]
    [InlineData("Multiplexing=true")]
    [InlineData("Multiplexing=true;Pooling=false")]
    [InlineData("Multiplexing=true;Keepalive=3")]
    [InlineData("Keepalive=2147483647")]
    [InlineData("Command Timeout=2147483647")]
    [InlineData("Connection Idle Lifetime=5;Connection Pruning Interval=10")]
    [InlineData("Connection Pruning Interval=0")]
    [InlineData("TCP Keepalive Interval=3")]
    [InlineData("TCP Keepalive Time=40000")]
    [InlineData("SSL Negotiation=direct")]
    [InlineData("SSL Negotiation=direct;SSL Mode=Disable")]
    [InlineData("Channel Binding=Require;SSL Mode=Disable")]
    [InlineData("Client Encoding=latin1")]
    [InlineData("Encoding=Wr0ngX")]
    [InlineData("Passfile=/nowhere/Wr0ngX")]
    [InlineData("SSL Certificate=/nowhere/Wr0ngX.pem")]
    [InlineData("SSL Certificate=/nowhere/Wr0ngX.pfx")]
    [InlineData("SSL Certificate=/etc/passwd")]
    [InlineData("SSL Key=/etc/passwd")]
    [InlineData("Root Certificate=/nowhere/Wr0ngX.pem")]
    [InlineData("Root Certificate=/tmp")]
    [InlineData("Root Certificate=/dev/zero")]
    [InlineData("Root Certificate=/etc/passwd")]
    [InlineData("Host=h:99999,i")]
    [InlineData("Host=h,")]
    [InlineData("Host=[::1")]
    [InlineData("Host=/nowhere/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void A_connection_that_the_driver_cannot_make_is_one_line(string settings)
    {
        var problem = Assert.Single(Refused(("AXVAULT_DATABASE_URL", $"Host=h;Username=u;Password=Wr0ngX;{settings}")));

        Assert.StartsWith("AXVAULT_DATABASE_URL (--database-url): ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain(Wrong, problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem);
    }

    [Theory]
    [InlineData("sslcert=/nowhere/Wr0ngX.pem", "sslcert")]
    [InlineData("sslcert=/nowhere/Wr0ngX.pem&sslmode=disable", "sslcert")]
    [InlineData("sslkey=/nowhere/Wr0ngX.pem", "sslkey")]
    [InlineData("sslrootcert=/nowhere/Wr0ngX.pem&sslmode=verify-full", "sslrootcert")]
    [InlineData("connection_limit=0", "Maximum Pool Size")]
    [InlineData("keepalives_idle=99999", "TCP Keepalive Time")]
    [InlineData("client_encoding=LATIN1", "client_encoding")]
    [InlineData("channel_binding=require&sslmode=disable", "channel_binding=require")]
    public void A_parameter_of_a_url_that_cannot_work_is_named(string parameters, string name)
    {
        var problem = Assert.Single(Refused(("AXVAULT_DATABASE_URL", $"postgresql://u:p@h/d?{parameters}")));

        Assert.Contains(name, problem, StringComparison.Ordinal);
        Assert.DoesNotContain(Wrong, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PGSSLCERT", "/nowhere/Wr0ngX")]
    [InlineData("PGSSLROOTCERT", "/nowhere/Wr0ngX")]
    [InlineData("PGPASSFILE", "/nowhere/Wr0ngX")]
    [InlineData("PGSSLNEGOTIATION", "Wr0ngX")]
    [InlineData("PGTARGETSESSIONATTRS", "Wr0ngX")]
    [InlineData("PGREQUIREAUTH", "Wr0ngX")]
    public void A_variable_that_the_driver_reads_by_itself_is_checked(string variable, string value)
    {
        var problem = Assert.Single(Refused((variable, value), ("AXVAULT_DATABASE_URL", "postgresql://h/d")));

        Assert.Contains(variable, problem, StringComparison.Ordinal);
        Assert.DoesNotContain(Wrong, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_whose_key_belongs_to_another_is_refused()
    {
        using var certificate = new TemporaryFile(Pem(out var key));
        using var other = new TemporaryFile(Pem(out var otherKey) + otherKey);
        using var own = new TemporaryFile(key);
        var url = $"Host=h;SSL Certificate={certificate.Path};Root Certificate={certificate.Path};SSL Key=";

        Assert.Contains("fit together", Assert.Single(Refused(("AXVAULT_DATABASE_URL", url + other.Path))), StringComparison.Ordinal);
        Read(("AXVAULT_DATABASE_URL", url + own.Path));
    }

    [Fact]
    public void Required_channel_binding_requires_SCRAM()
    {
        var given = Read(("AXVAULT_DATABASE_URL", "postgresql://u:p@h/d?channel_binding=require")).Database.Address.Reveal();

        Assert.Equal("ScramSHA256", new NpgsqlConnectionStringBuilder(given).RequireAuth);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "Wr0ngX")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://Wr0ngX")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:99999")]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "Wr0ngX")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "Wr0ngX")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "a=Wr0ngX\n")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "=Wr0ngX")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=b,Wr0ngX")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "Wr0ngX")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/json")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "0")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "Wr0ngX")]
    [InlineData("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere/Wr0ngX")]
    [InlineData("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/nowhere/Wr0ngX")]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL", "0")]
    [InlineData("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", "Wr0ngX")]
    [InlineData("HTTP_PROXY", "ftp://Wr0ngX")]
    [InlineData("HTTPS_PROXY", "http://")]
    [InlineData("https_proxy", "Wr0ngX://h")]
    [InlineData("ALL_PROXY", "http://h:99999")]
    public void A_variable_that_a_library_refuses_later_is_named(string variable, string value)
    {
        var problem = Assert.Single(Refused(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), (variable, value)));

        Assert.StartsWith($"{variable}: ", problem, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Wrong, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Variables_of_a_telemetry_that_is_exported_are_accepted() =>
        Read(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4318"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a=b, x=%20"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "5000"),
            ("OTEL_RESOURCE_ATTRIBUTES", "a=b"),
            ("HTTPS_PROXY", "http://user:secret@proxy:3128"),
            ("http_proxy", "proxy:3128")
        );

    private static string Pem(out string key)
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=axvault", pair, HashAlgorithmName.SHA256).CreateSelfSigned(
            DateTimeOffset.UtcNow.AddDays(-1),
            DateTimeOffset.UtcNow.AddDays(1)
        );
        key = pair.ExportPkcs8PrivateKeyPem() + "\n";
        return certificate.ExportCertificatePem() + "\n";
    }
}
