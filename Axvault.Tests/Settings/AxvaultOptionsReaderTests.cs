using System.Net;
using Axvault.Api.Encryption;
using Axvault.Api.Startup;
using Axvault.Api.WebConsole.Oidc;
using CsCheck;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Serilog.Events;
using static Axvault.Tests.Settings.OptionsReading;

namespace Axvault.Tests.Settings;

public sealed class AxvaultOptionsReaderTests
{
    private static readonly (string, string)[] WrongSettings =
    [
        ("AXVAULT_PORT", Wrong),
        ("AXVAULT_HOST", Wrong),
        ("AXVAULT_TLS_CERT_FILE", Wrong),
        ("AXVAULT_TLS_KEY_FILE", Wrong + Wrong),
        ("AXVAULT_DATABASE_URL", $"postgresql://{Wrong}:{Wrong}@h:{Wrong}/d"),
        ("AXVAULT_DATABASE_PASSWORD_FILE", Wrong),
        ("AXVAULT_DATABASE_WAIT", Wrong),
        ("AXVAULT_ENCRYPTION_KEY", Wrong),
        ("AXVAULT_ENCRYPTION_KEY_PREVIOUS", $"{Wrong},{Key}"),
        ("AXVAULT_BOOTSTRAP_SECRET_FILE", Wrong),
        ("AXVAULT_REFRESH_THRESHOLD", Wrong),
        ("AXVAULT_REFRESH_TIMEOUT_MS", Wrong),
        ("AXVAULT_REFRESH_MIN_INTERVAL", Wrong),
        ("AXVAULT_REFRESH_LIFETIME_FRACTION", Wrong),
        ("AXVAULT_REFRESH_SWEEP_INTERVAL", Wrong),
        ("AXVAULT_REFRESH_SPOOL", Wrong),
        ("AXVAULT_ISSUER_PRIVATE_HOSTS", $"{Wrong}:{Wrong}"),
        ("AXVAULT_ISSUER_CA_FILE", Wrong),
        ("AXVAULT_CREDENTIAL_VERSIONS", Wrong),
        ("AXVAULT_DELETED_RETENTION_DAYS", Wrong),
        ("AXVAULT_AUDIT_RETENTION_DAYS", Wrong),
        ("AXVAULT_READ_CACHE_ROWS", Wrong),
        ("AXVAULT_SHUTDOWN_DELAY", Wrong),
        ("AXVAULT_SHUTDOWN_GRACE", Wrong),
        ("AXVAULT_BROKER_CONSUMER_LOGINS", Wrong),
        ("AXVAULT_TRUSTED_PROXIES", Wrong),
        ("AXVAULT_TRUSTED_TRACES", Wrong),
        ("AXVAULT_RATE_LIMIT_KEY", Wrong),
        ("AXVAULT_RATE_LIMIT_ADDRESS", Wrong),
        ("AXVAULT_AUTH_FAILURE_LIMIT", Wrong),
        ("AXVAULT_METRICS_PORT", Wrong),
        ("AXVAULT_METRICS_HOST", Wrong),
        ("AXVAULT_CONSOLE", Wrong),
        ("AXVAULT_CONSOLE_OIDC_ISSUER", Wrong),
        ("AXVAULT_CONSOLE_OIDC_CLIENT_ID", $"{Wrong}\n{Wrong}"),
        ("AXVAULT_CONSOLE_OIDC_CLIENT_SECRET_FILE", Wrong),
        ("AXVAULT_CONSOLE_OIDC_RULE", $"{Wrong} {Wrong}"),
        ("AXVAULT_CONSOLE_OIDC_SCOPE", Wrong),
        ("AXVAULT_LOG_LEVEL", Wrong),
        ("AXVAULT_DOCS", Wrong),
    ];

    [Fact]
    public void The_settings_have_the_documented_variables_flags_and_defaults() =>
        Assert.Equal(
            [
                ("AXVAULT_PORT", "--port", "3847"),
                ("AXVAULT_HOST", "--host", "127.0.0.1"),
                ("AXVAULT_TLS_CERT_FILE", "--tls-cert-file", null),
                ("AXVAULT_TLS_KEY_FILE", "--tls-key-file", null),
                ("AXVAULT_DATABASE_URL", "--database-url", "postgresql://localhost:5432/axvault"),
                ("AXVAULT_DATABASE_PASSWORD_FILE", null, null),
                ("AXVAULT_DATABASE_WAIT", "--database-wait", "60"),
                ("AXVAULT_ENCRYPTION_KEY", null, null),
                ("AXVAULT_ENCRYPTION_KEY_FILE", null, null),
                ("AXVAULT_ENCRYPTION_KEY_PREVIOUS", null, null),
                ("AXVAULT_BOOTSTRAP_SECRET_FILE", null, null),
                ("AXVAULT_REFRESH_THRESHOLD", "--refresh-threshold", "3600"),
                ("AXVAULT_REFRESH_TIMEOUT_MS", "--refresh-timeout", "30000"),
                ("AXVAULT_REFRESH_MIN_INTERVAL", "--refresh-min-interval", "60"),
                ("AXVAULT_REFRESH_LIFETIME_FRACTION", "--refresh-lifetime-fraction", "0.5"),
                ("AXVAULT_REFRESH_SWEEP_INTERVAL", "--refresh-sweep-interval", "60"),
                ("AXVAULT_REFRESH_SPOOL", "--refresh-spool", null),
                ("AXVAULT_ISSUER_PRIVATE_HOSTS", "--issuer-private-hosts", null),
                ("AXVAULT_ISSUER_CA_FILE", "--issuer-ca-file", null),
                ("AXVAULT_CREDENTIAL_VERSIONS", "--credential-versions", "10"),
                ("AXVAULT_DELETED_RETENTION_DAYS", "--deleted-retention-days", "30"),
                ("AXVAULT_AUDIT_RETENTION_DAYS", "--audit-retention-days", "400"),
                ("AXVAULT_READ_CACHE_ROWS", "--read-cache-rows", "8192"),
                ("AXVAULT_TRUSTED_PROXIES", "--trusted-proxies", null),
                ("AXVAULT_TRUSTED_TRACES", "--trusted-traces", "off"),
                ("AXVAULT_RATE_LIMIT_KEY", "--rate-limit-key", "500"),
                ("AXVAULT_RATE_LIMIT_ADDRESS", "--rate-limit-address", "2000"),
                ("AXVAULT_AUTH_FAILURE_LIMIT", "--auth-failure-limit", "20"),
                ("AXVAULT_METRICS_PORT", "--metrics-port", "0"),
                ("AXVAULT_METRICS_HOST", "--metrics-host", "127.0.0.1"),
                ("AXVAULT_SHUTDOWN_DELAY", "--shutdown-delay", "0"),
                ("AXVAULT_SHUTDOWN_GRACE", "--shutdown-grace", "10"),
                ("AXVAULT_BROKER_CONSUMER_LOGINS", "--broker-consumer-logins", "off"),
                ("AXVAULT_CONSOLE", "--console", "on"),
                ("AXVAULT_CONSOLE_OIDC_ISSUER", "--console-oidc-issuer", null),
                ("AXVAULT_CONSOLE_OIDC_CLIENT_ID", "--console-oidc-client-id", null),
                ("AXVAULT_CONSOLE_OIDC_CLIENT_SECRET", null, null),
                ("AXVAULT_CONSOLE_OIDC_CLIENT_SECRET_FILE", null, null),
                ("AXVAULT_CONSOLE_OIDC_RULE", "--console-oidc-rule", null),
                ("AXVAULT_CONSOLE_OIDC_SCOPE", "--console-oidc-scope", "openid email profile"),
                ("AXVAULT_LOG_LEVEL", "--log-level", "info"),
                ("AXVAULT_DOCS", "--docs", "on"),
            ],
            AxvaultOptions.AllSettings.Select(static setting => (setting.Variable, setting.Flag, setting.Default))
        );

    [Fact]
    public void Only_the_encryption_key_is_required()
    {
        var options = Read();
        Assert.Equal((IPAddress.Loopback, 3847), (options.Listener.Host, options.Listener.Port));
        Assert.Equal((IPAddress.Loopback, 0), (options.Listener.MetricsHost, options.Listener.MetricsPort));
        Assert.Equal("localhost:5432", options.Database.Address.Description);
        Assert.Equal("axvault", new NpgsqlConnectionStringBuilder(options.Database.Address.Reveal()).Database);
        Assert.Equal(TimeSpan.FromSeconds(60), options.Database.Wait);
        Assert.Equal(TimeSpan.FromHours(1), options.Refresh.Rules.Threshold);
        Assert.Equal(TimeSpan.FromSeconds(30), options.Refresh.Timeout);
        Assert.Equal(LogEventLevel.Information, options.LogLevel);
        Assert.Equal(Key, Text(options.Encryption.Key));
        Assert.Empty(options.Encryption.PreviousKeys);
    }

    [Fact]
    public void Every_setting_is_read_from_its_variable()
    {
        var options = Read(
            ("AXVAULT_PORT", "8080"),
            ("AXVAULT_HOST", "::"),
            ("AXVAULT_DATABASE_URL", "postgresql://h:6000/d"),
            ("AXVAULT_DATABASE_WAIT", "5"),
            ("AXVAULT_ENCRYPTION_KEY_PREVIOUS", new string('b', 32)),
            ("AXVAULT_REFRESH_THRESHOLD", "60"),
            ("AXVAULT_REFRESH_TIMEOUT_MS", "1500"),
            ("AXVAULT_METRICS_PORT", "9464"),
            ("AXVAULT_METRICS_HOST", "0.0.0.0"),
            ("AXVAULT_LOG_LEVEL", "warn")
        );
        Assert.Equal((IPAddress.IPv6Any, 8080), (options.Listener.Host, options.Listener.Port));
        Assert.Equal((IPAddress.Any, 9464), (options.Listener.MetricsHost, options.Listener.MetricsPort));
        Assert.Equal("h:6000", options.Database.Address.Description);
        Assert.Equal(TimeSpan.FromSeconds(5), options.Database.Wait);
        Assert.Equal(TimeSpan.FromMinutes(1), options.Refresh.Rules.Threshold);
        Assert.Equal(TimeSpan.FromMilliseconds(1500), options.Refresh.Timeout);
        Assert.Equal(LogEventLevel.Warning, options.LogLevel);
        Assert.Equal([new string('b', 32)], options.Encryption.PreviousKeys.Select(Text));
    }

    [Fact]
    public void An_empty_variable_counts_as_not_set()
    {
        var empty = AxvaultOptions
            .AllSettings.Where(static setting => setting != EncryptionOptions.KeySetting)
            .Select(static setting => (setting.Variable, ""))
            .ToArray();
        var options = Read(empty);
        Assert.Equal((IPAddress.Loopback, 3847, "localhost:5432"), (options.Listener.Host, options.Listener.Port, options.Database.Address.Description));
        Assert.Equal((TimeSpan.FromHours(1), LogEventLevel.Information), (options.Refresh.Rules.Threshold, options.LogLevel));
    }

    [Fact]
    public void The_database_url_overrides_the_injected_connection_string()
    {
        const string Injected = "ConnectionStrings:vaultdb";
        Assert.Equal("injected:5432", Read((Injected, "Host=injected")).Database.Address.Description);
        Assert.Equal("given:5432", Read((Injected, "Host=injected"), ("AXVAULT_DATABASE_URL", "postgresql://given")).Database.Address.Description);
        Assert.Equal("given:5432", Read((Injected, Wrong), ("AXVAULT_DATABASE_URL", "postgresql://given")).Database.Address.Description);
        Assert.Equal("injected:5432", Read((Injected, "postgresql://injected"), ("AXVAULT_DATABASE_URL", "")).Database.Address.Description);
        Assert.Equal("localhost:5432", Read((Injected, "")).Database.Address.Description);
        Assert.StartsWith("ConnectionStrings__vaultdb: ", Assert.Single(Refused((Injected, Wrong))), StringComparison.Ordinal);
        Assert.StartsWith(
            "AXVAULT_DATABASE_URL (--database-url): ",
            Assert.Single(Refused((Injected, "Host=injected"), ("AXVAULT_DATABASE_URL", Wrong))),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_later_configuration_source_such_as_the_flags_overrides_an_earlier_one()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("AXVAULT_ENCRYPTION_KEY", Key), new("AXVAULT_PORT", "1"), new("AXVAULT_HOST", "::1")])
            .AddInMemoryCollection([new("AXVAULT_PORT", "2")])
            .Build();
        Assert.True(AxvaultOptions.TryRead(configuration, out var options, out _));
        Assert.Equal((IPAddress.IPv6Loopback, 2), (options.Listener.Host, options.Listener.Port));
    }

    [Fact]
    public void All_problems_are_reported_at_once_in_one_line_each_without_values()
    {
        Assert.False(
            TryRead(
                out _,
                out var problems,
                WrongSettings
            )
        );
        Assert.Equal(
            AxvaultOptions
                .AllSettings.Where(static setting => setting != EncryptionOptions.KeyFileSetting && setting != OidcOptions.ClientSecretSetting)
                .Select(static setting => setting.ToString())
                .Order(),
            problems.Select(static problem => problem.Split(": ")[0]).Order()
        );
        Assert.All(problems, static problem =>
        {
            Assert.DoesNotContain(Wrong, problem, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Key, problem, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', problem);
        });
    }

    [Fact]
    public void No_value_of_a_setting_makes_the_reader_throw_or_is_repeated() =>
        Gen.Select(Gen.Int[0, AxvaultOptions.AllSettings.Count - 1], Gen.String)
            .Sample(
                static (index, value) =>
                {
                    TryRead(out _, out var problems, (AxvaultOptions.AllSettings[index].Variable, value));
                    return value.Length < 4 || problems.All(problem => !problem.Contains(value, StringComparison.Ordinal));
                }
            );

    [Fact]
    public void Printed_options_show_no_secret()
    {
        var text = Read(("AXVAULT_DATABASE_URL", "postgresql://u:hunter2@h/d"), ("AXVAULT_ENCRYPTION_KEY_PREVIOUS", new string('b', 32))).ToString();
        Assert.DoesNotContain(Key, text, StringComparison.Ordinal);
        Assert.DoesNotContain("bbb", text, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
    }
}
