using System.Net;
using Axvault.Api.Configuration;
using Axvault.Tests.Server;
using CsCheck;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Serilog.Events;

namespace Axvault.Tests.Configuration;

public sealed class AxvaultOptionsReaderTests
{
    private const string Key = "0123456789abcdef0123456789abcdef";

    // Nothing in here is a piece of any message.
    private const string Wrong = "Wr0ngX";

    [Fact]
    public void The_variables_flags_and_defaults_are_those_of_the_contract() => Assert.Equal(
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
            ("AXVAULT_REFRESH_THRESHOLD", "--refresh-threshold", "3600"),
            ("AXVAULT_REFRESH_TIMEOUT_MS", "--refresh-timeout", "30000"),
            ("AXVAULT_REFRESH_MIN_INTERVAL", "--refresh-min-interval", "60"),
            ("AXVAULT_REFRESH_LIFETIME_FRACTION", "--refresh-lifetime-fraction", "0.5"),
            ("AXVAULT_REFRESH_LEASE", "--refresh-lease", "15"),
            ("AXVAULT_REFRESH_SWEEP_INTERVAL", "--refresh-sweep-interval", "60"),
            ("AXVAULT_REFRESH_SWEEP_CONCURRENCY", "--refresh-sweep-concurrency", "4"),
            ("AXVAULT_REFRESH_SPOOL", "--refresh-spool", null),
            ("AXVAULT_CREDENTIAL_VERSIONS", "--credential-versions", "10"),
            ("AXVAULT_DELETED_RETENTION_DAYS", "--deleted-retention-days", "30"),
            ("AXVAULT_AUDIT_RETENTION_DAYS", "--audit-retention-days", "400"),
            ("AXVAULT_AUDIT_ANCHOR_INTERVAL", "--audit-anchor-interval", "300"),
            ("AXVAULT_READ_CACHE_MIB", "--read-cache", "16"),
            ("AXVAULT_TRUSTED_PROXIES", "--trusted-proxies", null),
            ("AXVAULT_RATE_LIMIT_KEY", "--rate-limit-key", "500"),
            ("AXVAULT_RATE_LIMIT_ADDRESS", "--rate-limit-address", "2000"),
            ("AXVAULT_AUTH_FAILURE_LIMIT", "--auth-failure-limit", "20"),
            ("AXVAULT_METRICS_PORT", "--metrics-port", "0"),
            ("AXVAULT_METRICS_HOST", "--metrics-host", "127.0.0.1"),
            ("AXVAULT_SHUTDOWN_DELAY", "--shutdown-delay", "0"),
            ("AXVAULT_LOG_LEVEL", "--log-level", "info"),
            ("AXVAULT_DOCS", "--docs", "on"),
        ],
        Setting.All.Select(static setting => (setting.Variable, setting.Flag, setting.Default)));

    [Fact]
    public void Only_the_encryption_key_has_to_be_given()
    {
        var options = Read();
        Assert.Equal((IPAddress.Loopback, 3847), (options.Host, options.Port));
        Assert.Equal((IPAddress.Loopback, 0), (options.MetricsHost, options.MetricsPort));
        Assert.Equal("localhost:5432", options.Database.Description);
        Assert.Equal("axvault", new NpgsqlConnectionStringBuilder(options.Database.Reveal()).Database);
        Assert.Equal(TimeSpan.FromSeconds(60), options.DatabaseWait);
        Assert.Equal(TimeSpan.FromHours(1), options.Refresh.Rules.Threshold);
        Assert.Equal(TimeSpan.FromSeconds(30), options.Refresh.Timeout);
        Assert.Equal(LogEventLevel.Information, options.LogLevel);
        Assert.Equal(Key, Text(options.EncryptionKey));
        Assert.Empty(options.PreviousEncryptionKeys);
    }

    [Fact]
    public void Every_setting_is_taken_from_its_variable()
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
            ("AXVAULT_LOG_LEVEL", "warn"));
        Assert.Equal((IPAddress.IPv6Any, 8080), (options.Host, options.Port));
        Assert.Equal((IPAddress.Any, 9464), (options.MetricsHost, options.MetricsPort));
        Assert.Equal("h:6000", options.Database.Description);
        Assert.Equal(TimeSpan.FromSeconds(5), options.DatabaseWait);
        Assert.Equal(TimeSpan.FromMinutes(1), options.Refresh.Rules.Threshold);
        Assert.Equal(TimeSpan.FromMilliseconds(1500), options.Refresh.Timeout);
        Assert.Equal(LogEventLevel.Warning, options.LogLevel);
        Assert.Equal([new string('b', 32)], options.PreviousEncryptionKeys.Select(Text));
    }

    [Fact]
    public void An_empty_variable_is_one_that_is_not_set()
    {
        var empty = Setting.All.Where(static setting => setting != Setting.EncryptionKey).Select(static setting => (setting.Variable, "")).ToArray();
        var options = Read(empty);
        Assert.Equal((IPAddress.Loopback, 3847, "localhost:5432"), (options.Host, options.Port, options.Database.Description));
        Assert.Equal((TimeSpan.FromHours(1), LogEventLevel.Information), (options.Refresh.Rules.Threshold, options.LogLevel));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 1)]
    [InlineData("65535", 65535)]
    public void A_port_is_taken(string text, int port) => Assert.Equal(port, Read(("AXVAULT_PORT", text)).Port);

    [Theory]
    [InlineData("AXVAULT_PORT", "65536")]
    [InlineData("AXVAULT_PORT", "-1")]
    [InlineData("AXVAULT_PORT", "+80")]
    [InlineData("AXVAULT_PORT", " 80")]
    [InlineData("AXVAULT_PORT", "80\n")]
    [InlineData("AXVAULT_PORT", "8_0")]
    [InlineData("AXVAULT_PORT", "8,0")]
    [InlineData("AXVAULT_PORT", "80.0")]
    [InlineData("AXVAULT_PORT", "1e3")]
    [InlineData("AXVAULT_PORT", "0x50")]
    [InlineData("AXVAULT_PORT", "٨٠")]
    [InlineData("AXVAULT_PORT", "99999999999999999999")]
    [InlineData("AXVAULT_PORT", "http")]
    [InlineData("AXVAULT_METRICS_PORT", "65536")]
    [InlineData("AXVAULT_METRICS_PORT", "-1")]
    [InlineData("AXVAULT_METRICS_PORT", "off")]
    [InlineData("AXVAULT_DATABASE_WAIT", "-1")]
    [InlineData("AXVAULT_DATABASE_WAIT", "3601")]
    [InlineData("AXVAULT_DATABASE_WAIT", "1m")]
    [InlineData("AXVAULT_REFRESH_THRESHOLD", "-1")]
    [InlineData("AXVAULT_REFRESH_THRESHOLD", "31536001")]
    [InlineData("AXVAULT_REFRESH_THRESHOLD", "1h")]
    [InlineData("AXVAULT_REFRESH_TIMEOUT_MS", "0")]
    [InlineData("AXVAULT_REFRESH_TIMEOUT_MS", "600001")]
    [InlineData("AXVAULT_REFRESH_TIMEOUT_MS", "30s")]
    public void A_number_is_whole_and_within_its_limits(string variable, string text) =>
        Assert.Matches($@"\A{variable} \(--[a-z-]+\): expected a whole number from [0-9]+ to [0-9]+\z", Assert.Single(Refused((variable, text))));

    [Fact]
    public void Metrics_are_not_served_on_the_port_of_the_API()
    {
        Assert.Equal(
            "AXVAULT_METRICS_PORT (--metrics-port): expected another port than that of AXVAULT_PORT (--port)",
            Assert.Single(Refused(("AXVAULT_PORT", "9464"), ("AXVAULT_METRICS_PORT", "9464"), ("AXVAULT_METRICS_HOST", "::1"))));
        Assert.Equal((0, 0), Read(("AXVAULT_PORT", "0"), ("AXVAULT_METRICS_PORT", "0")) is var none ? (none.Port, none.MetricsPort) : default);
        Assert.Null(Read(("AXVAULT_METRICS_HOST", "localhost")).MetricsHost);
    }

    [Fact]
    public void A_threshold_of_zero_disables_refresh() => Assert.Equal(TimeSpan.Zero, Read(("AXVAULT_REFRESH_THRESHOLD", "0")).Refresh.Rules.Threshold);

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("::1", "::1")]
    [InlineData("::", "::")]
    [InlineData("[::1]", "::1")]
    [InlineData("localhost", null)]
    public void A_host_is_an_address_or_localhost(string text, string? address) => Assert.Equal(address, Read(("AXVAULT_HOST", text)).Host?.ToString());

    [Theory]
    [InlineData("example.com")]
    [InlineData("*")]
    [InlineData("127.0.0.1:80")]
    [InlineData("[::1]:80")]
    [InlineData("http://127.0.0.1")]
    [InlineData("LOCALHOST")]
    [InlineData(" 127.0.0.1 x")]
    [InlineData("256.0.0.1")]
    public void Any_other_host_is_refused(string text) =>
        Assert.Equal("AXVAULT_HOST (--host): expected an IP address (0.0.0.0 or :: for all of them) or localhost", Assert.Single(Refused(("AXVAULT_HOST", text))));

    [Fact]
    public void Any_free_port_goes_with_one_address_and_not_with_localhost()
    {
        Assert.StartsWith("AXVAULT_PORT (--port): ", Assert.Single(Refused(("AXVAULT_HOST", "localhost"), ("AXVAULT_PORT", "0"))), StringComparison.Ordinal);
        Assert.Equal(0, Read(("AXVAULT_HOST", "::1"), ("AXVAULT_PORT", "0")).Port);
    }

    [Theory]
    [InlineData("trace", LogEventLevel.Verbose)]
    [InlineData("debug", LogEventLevel.Debug)]
    [InlineData("info", LogEventLevel.Information)]
    [InlineData("warn", LogEventLevel.Warning)]
    [InlineData("error", LogEventLevel.Error)]
    [InlineData("fatal", LogEventLevel.Fatal)]
    [InlineData("silent", null)]
    public void Each_log_level_has_its_name(string name, LogEventLevel? level) => Assert.Equal(level, Read(("AXVAULT_LOG_LEVEL", name)).LogLevel);

    [Theory]
    [InlineData("INFO")]
    [InlineData("information")]
    [InlineData("warning")]
    [InlineData("0")]
    [InlineData("info ")]
    [InlineData("off")]
    public void Any_other_log_level_is_refused(string name) =>
        Assert.Equal("AXVAULT_LOG_LEVEL (--log-level): expected trace, debug, info, warn, error, fatal or silent", Assert.Single(Refused(("AXVAULT_LOG_LEVEL", name))));

    [Theory]
    [InlineData("on", true)]
    [InlineData("off", false)]
    public void The_reference_of_the_API_is_served_or_not(string text, bool served) => Assert.Equal(served, Read(("AXVAULT_DOCS", text)).Docs);

    [Theory]
    [InlineData("true")]
    [InlineData("ON")]
    [InlineData("0")]
    [InlineData("off ")]
    public void A_switch_is_on_or_off(string text) => Assert.Equal("AXVAULT_DOCS (--docs): expected on or off", Assert.Single(Refused(("AXVAULT_DOCS", text))));

    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("10.1.2.3", "10.1.2.3/32")]
    [InlineData(" 10.1.2.3 , ::1,", "10.1.2.3/32,::1/128")]
    [InlineData("fd00::/8", "fd00::/8")]
    [InlineData("::ffff:10.1.2.3", "10.1.2.3/32")]
    [InlineData("::ffff:10.0.0.0/104", "10.0.0.0/8")]
    public void A_proxy_is_an_address_or_a_network(string text, string networks) =>
        Assert.Equal(networks, string.Join(',', Read(("AXVAULT_TRUSTED_PROXIES", text)).TrustedProxies));

    [Theory]
    [InlineData("10")]
    [InlineData("10/8")]
    [InlineData("10.0/16")]
    [InlineData("010.0.0.1")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("10.0.0.1/8")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/8/8")]
    [InlineData("10.0.0.1:80")]
    [InlineData("[::1]:80")]
    [InlineData("proxy.example")]
    [InlineData("*")]
    public void Any_other_proxy_is_refused(string text) =>
        Assert.Equal("AXVAULT_TRUSTED_PROXIES (--trusted-proxies): expected IP addresses or networks such as 10.0.0.0/8, separated by commas", Assert.Single(Refused(("AXVAULT_TRUSTED_PROXIES", text))));

    [Fact]
    public void The_database_url_beats_the_connection_string_that_is_injected()
    {
        const string Injected = "ConnectionStrings:vaultdb";
        Assert.Equal("injected:5432", Read((Injected, "Host=injected")).Database.Description);
        Assert.Equal("given:5432", Read((Injected, "Host=injected"), ("AXVAULT_DATABASE_URL", "postgresql://given")).Database.Description);
        Assert.Equal("given:5432", Read((Injected, Wrong), ("AXVAULT_DATABASE_URL", "postgresql://given")).Database.Description);
        Assert.Equal("injected:5432", Read((Injected, "postgresql://injected"), ("AXVAULT_DATABASE_URL", "")).Database.Description);
        Assert.Equal("localhost:5432", Read((Injected, "")).Database.Description);
        Assert.StartsWith("ConnectionStrings__vaultdb: ", Assert.Single(Refused((Injected, Wrong))), StringComparison.Ordinal);
        Assert.StartsWith("AXVAULT_DATABASE_URL (--database-url): ", Assert.Single(Refused((Injected, "Host=injected"), ("AXVAULT_DATABASE_URL", Wrong))), StringComparison.Ordinal);
    }

    [Fact]
    public void What_comes_later_in_the_configuration_such_as_a_flag_beats_what_came_before()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("AXVAULT_ENCRYPTION_KEY", Key), new("AXVAULT_PORT", "1"), new("AXVAULT_HOST", "::1")])
            .AddInMemoryCollection([new("AXVAULT_PORT", "2")])
            .Build();
        Assert.True(AxvaultOptionsReader.TryRead(configuration, out var options, out _));
        Assert.Equal((IPAddress.IPv6Loopback, 2), (options.Host, options.Port));
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once_in_a_line_each_and_repeats_no_value()
    {
        Assert.False(TryRead(
            out _,
            out var problems,
            ("AXVAULT_PORT", Wrong),
            ("AXVAULT_HOST", Wrong),
            ("AXVAULT_TLS_CERT_FILE", Wrong),
            ("AXVAULT_TLS_KEY_FILE", Wrong + Wrong),
            ("AXVAULT_DATABASE_URL", $"postgresql://{Wrong}:{Wrong}@h:{Wrong}/d"),
            ("AXVAULT_DATABASE_PASSWORD_FILE", Wrong),
            ("AXVAULT_DATABASE_WAIT", Wrong),
            ("AXVAULT_ENCRYPTION_KEY", Wrong),
            ("AXVAULT_ENCRYPTION_KEY_PREVIOUS", $"{Wrong},{Key}"),
            ("AXVAULT_REFRESH_THRESHOLD", Wrong),
            ("AXVAULT_REFRESH_TIMEOUT_MS", Wrong),
            ("AXVAULT_REFRESH_MIN_INTERVAL", Wrong),
            ("AXVAULT_REFRESH_LIFETIME_FRACTION", Wrong),
            ("AXVAULT_REFRESH_LEASE", Wrong),
            ("AXVAULT_REFRESH_SWEEP_INTERVAL", Wrong),
            ("AXVAULT_REFRESH_SWEEP_CONCURRENCY", Wrong),
            ("AXVAULT_REFRESH_SPOOL", Wrong),
            ("AXVAULT_CREDENTIAL_VERSIONS", Wrong),
            ("AXVAULT_DELETED_RETENTION_DAYS", Wrong),
            ("AXVAULT_AUDIT_RETENTION_DAYS", Wrong),
            ("AXVAULT_AUDIT_ANCHOR_INTERVAL", Wrong),
            ("AXVAULT_READ_CACHE_MIB", Wrong),
            ("AXVAULT_SHUTDOWN_DELAY", Wrong),
            ("AXVAULT_TRUSTED_PROXIES", Wrong),
            ("AXVAULT_RATE_LIMIT_KEY", Wrong),
            ("AXVAULT_RATE_LIMIT_ADDRESS", Wrong),
            ("AXVAULT_AUTH_FAILURE_LIMIT", Wrong),
            ("AXVAULT_METRICS_PORT", Wrong),
            ("AXVAULT_METRICS_HOST", Wrong),
            ("AXVAULT_LOG_LEVEL", Wrong),
            ("AXVAULT_DOCS", Wrong)));
        Assert.Equal(
            Setting.All.Where(static setting => setting != Setting.EncryptionKeyFile).Select(static setting => setting.ToString()).Order(),
            problems.Select(static problem => problem.Split(": ")[0]).Order());
        Assert.All(problems, static problem =>
        {
            Assert.DoesNotContain(Wrong, problem, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Key, problem, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', problem);
        });
    }

    [Fact]
    public void No_setting_whatever_its_value_makes_the_reader_throw_or_repeat_it() =>
        Gen.Select(Gen.Int[0, Setting.All.Count - 1], Gen.String).Sample(static (index, value) =>
        {
            TryRead(out _, out var problems, (Setting.All[index].Variable, value));
            return value.Length < 4 || problems.All(problem => !problem.Contains(value, StringComparison.Ordinal));
        });

    [Theory]
    [InlineData(31, false)]
    [InlineData(32, true)]
    [InlineData(33, true)]
    [InlineData(10_000, true)]
    public void An_encryption_key_has_at_least_32_characters(int length, bool valid)
    {
        var key = new string('ä', length);
        Assert.Equal(valid, TryRead(out var options, out var problems, ("AXVAULT_ENCRYPTION_KEY", key)));
        if (valid)
        {
            Assert.Equal(key, Text(options!.EncryptionKey));
        }
        else
        {
            Assert.StartsWith("AXVAULT_ENCRYPTION_KEY: expected a key of at least 32 characters", Assert.Single(problems), StringComparison.Ordinal);
            Assert.Throws<ArgumentException>(() => new EncryptionSecret(key));
        }
    }

    [Fact]
    public void Without_an_encryption_key_nothing_starts() =>
        Assert.StartsWith("AXVAULT_ENCRYPTION_KEY: ", Assert.Single(Refused(("AXVAULT_ENCRYPTION_KEY", ""))), StringComparison.Ordinal);

    [Theory]
    [InlineData(Key)]
    [InlineData(Key + "\n")]
    [InlineData(Key + "\r\n")]
    [InlineData(Key + "\n\n")]
    [InlineData("\ufeff" + Key)]
    public void An_encryption_key_is_read_from_a_file_without_the_line_end(string content)
    {
        using var file = new TemporaryFile(content);
        Assert.Equal(Key, Text(Read(("AXVAULT_ENCRYPTION_KEY", ""), ("AXVAULT_ENCRYPTION_KEY_FILE", file.Path)).EncryptionKey));
    }

    [Theory]
    [InlineData(" " + Key)]
    [InlineData(Key + " ")]
    [InlineData(Key + "\n" + Key)]
    [InlineData("ä" + Key)]
    public void Everything_else_in_the_file_belongs_to_the_key(string content)
    {
        using var file = new TemporaryFile(content + "\n");
        Assert.Equal(content, Text(Read(("AXVAULT_ENCRYPTION_KEY", ""), ("AXVAULT_ENCRYPTION_KEY_FILE", file.Path)).EncryptionKey));
    }

    [Fact]
    public void An_encryption_key_file_is_reached_by_a_link_as_kubernetes_mounts_it()
    {
        using var file = new TemporaryFile(Key);
        var link = file.Path + ".link";
        File.CreateSymbolicLink(link, file.Path);
        Assert.Equal(Key, Text(Read(("AXVAULT_ENCRYPTION_KEY", ""), ("AXVAULT_ENCRYPTION_KEY_FILE", link)).EncryptionKey));
        File.Delete(link);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\ufeff")]
    [InlineData("0123456789abcdef0123456789abcde")]
    [InlineData("0123456789abcdef0123456789abcde\n")]
    public void A_file_with_too_short_a_key_is_refused(string content)
    {
        using var file = new TemporaryFile(content);
        Assert.StartsWith("AXVAULT_ENCRYPTION_KEY_FILE: expected a key of at least 32 characters", RefusedFile(file.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_missing_empty_a_folder_or_too_large_is_refused_without_its_path()
    {
        using var large = new TemporaryFile(new string('a', (64 * 1024) + 1));
        using var largest = new TemporaryFile(new string('a', 64 * 1024));
        using var empty = new TemporaryFile("");
        foreach (var path in new[] { large.Path, empty.Path, large.Path + ".missing", Path.GetTempPath(), "a\0b" })
        {
            var problem = RefusedFile(path);
            Assert.StartsWith("AXVAULT_ENCRYPTION_KEY_FILE: ", problem, StringComparison.Ordinal);
            Assert.DoesNotContain(path, problem, StringComparison.Ordinal);
        }

        Assert.Equal(64 * 1024, Text(Read(("AXVAULT_ENCRYPTION_KEY", ""), ("AXVAULT_ENCRYPTION_KEY_FILE", largest.Path)).EncryptionKey).Length);
    }

    [Fact]
    public void A_file_of_random_bytes_is_refused_because_as_text_it_would_lose_most_of_them()
    {
        using var file = new TemporaryFile([.. Enumerable.Range(0, 64).Select(static i => (byte)(0x80 + i))]);
        Assert.Equal("AXVAULT_ENCRYPTION_KEY_FILE: the file cannot be read, or is not UTF-8 text", RefusedFile(file.Path));
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    public void A_file_in_another_encoding_is_refused_whatever_mark_it_starts_with(string encoding)
    {
        var other = System.Text.Encoding.GetEncoding(encoding);
        using var file = new TemporaryFile([.. other.GetPreamble(), .. other.GetBytes(Key)]);
        Assert.Equal("AXVAULT_ENCRYPTION_KEY_FILE: the file cannot be read, or is not UTF-8 text", RefusedFile(file.Path));
    }

    [Fact]
    public void A_key_file_is_reached_by_links_to_links_and_folders()
    {
        using var file = new TemporaryFile(Key);
        var mount = Directory.CreateTempSubdirectory("axvault-test-");
        try
        {
            // As Kubernetes mounts a secret: key -> ..data/key, ..data -> ..version.
            var version = mount.CreateSubdirectory("..version");
            File.Copy(file.Path, Path.Combine(version.FullName, "key"));
            Directory.CreateSymbolicLink(Path.Combine(mount.FullName, "..data"), "..version");
            File.CreateSymbolicLink(Path.Combine(mount.FullName, "key"), "..data/key");
            Assert.Equal(Key, Text(Read(("AXVAULT_ENCRYPTION_KEY", ""), ("AXVAULT_ENCRYPTION_KEY_FILE", Path.Combine(mount.FullName, "key"))).EncryptionKey));
        }
        finally
        {
            mount.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("postgresql://user@h/d")]
    [InlineData("Host=h;Username=user;Database=d")]
    public void The_databases_password_is_taken_from_its_file_with_all_that_is_in_it_but_the_end_of_the_line(string url)
    {
        using var file = new TemporaryFile(" p@ss'w;o=r d\r\n");
        var connection = new NpgsqlConnectionStringBuilder(Read(("AXVAULT_DATABASE_URL", url), ("AXVAULT_DATABASE_PASSWORD_FILE", file.Path)).Database.Reveal());
        Assert.Equal(("h", "user", " p@ss'w;o=r d"), (connection.Host, connection.Username, connection.Password));
    }

    [Fact]
    public void The_databases_password_goes_with_the_injected_connection_string_too()
    {
        using var file = new TemporaryFile("s3cret");
        var connection = new NpgsqlConnectionStringBuilder(Read(("ConnectionStrings:vaultdb", "Host=h"), ("AXVAULT_DATABASE_PASSWORD_FILE", file.Path)).Database.Reveal());
        Assert.Equal("s3cret", connection.Password);
    }

    [Theory]
    [InlineData("postgresql://user:Wr0ngX@h/d")]
    [InlineData("postgresql://h/d?password=Wr0ngX")]
    [InlineData("Host=h;Password=Wr0ngX")]
    public void A_password_that_is_given_twice_is_refused(string url)
    {
        using var file = new TemporaryFile("Wr0ngX");
        var problem = Assert.Single(Refused(("AXVAULT_DATABASE_URL", url), ("AXVAULT_DATABASE_PASSWORD_FILE", file.Path)));
        Assert.Equal("AXVAULT_DATABASE_URL (--database-url) and AXVAULT_DATABASE_PASSWORD_FILE: give the password in one of the two, not in both", problem);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("Wr0ngX\nWr0ngX\n")]
    [InlineData("Wr0ngX\0")]
    public void A_file_without_one_line_for_a_password_is_refused_and_not_repeated(string content)
    {
        using var file = new TemporaryFile(content);
        var problem = Assert.Single(Refused(("AXVAULT_DATABASE_PASSWORD_FILE", file.Path)));
        Assert.StartsWith("AXVAULT_DATABASE_PASSWORD_FILE: expected ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain(Wrong, problem, StringComparison.Ordinal);
        Assert.DoesNotContain(file.Path, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_file_that_is_not_there_is_refused() =>
        Assert.StartsWith("AXVAULT_DATABASE_PASSWORD_FILE: ", Assert.Single(Refused(("AXVAULT_DATABASE_PASSWORD_FILE", "/nowhere/Wr0ngX"))), StringComparison.Ordinal);

    [Fact]
    public async Task What_is_no_regular_file_is_refused_and_not_waited_for()
    {
        var pipe = Path.Combine(Path.GetTempPath(), $"axvault-test-{Guid.NewGuid():n}");
        var link = pipe + ".link";
        Pipe.Make(pipe);
        File.CreateSymbolicLink(link, pipe);
        try
        {
            foreach (var path in new[] { pipe, link, "/dev/zero", "/dev/null" })
            {
                var problem = await Task.Run(() => RefusedFile(path), TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
                Assert.StartsWith("AXVAULT_ENCRYPTION_KEY_FILE: expected a file", problem, StringComparison.Ordinal);
            }
        }
        finally
        {
            File.Delete(link);
            File.Delete(pipe);
        }
    }

    [Theory]
    [InlineData("\ufffd")]
    [InlineData("\ud800")]
    public void A_key_of_bytes_that_are_no_text_is_refused_because_any_other_would_do_as_well(string replaced)
    {
        var key = string.Concat(Enumerable.Repeat(replaced, 40));
        Assert.StartsWith("AXVAULT_ENCRYPTION_KEY: expected a key that is text", Assert.Single(Refused(("AXVAULT_ENCRYPTION_KEY", Key + replaced))), StringComparison.Ordinal);
        Assert.StartsWith("AXVAULT_ENCRYPTION_KEY: expected a key that is text", Assert.Single(Refused(("AXVAULT_ENCRYPTION_KEY", key))), StringComparison.Ordinal);
        Assert.StartsWith("AXVAULT_ENCRYPTION_KEY_PREVIOUS: expected a key that is text", Assert.Single(Refused(("AXVAULT_ENCRYPTION_KEY_PREVIOUS", $"{Key},{key}"))), StringComparison.Ordinal);
        using var file = new TemporaryFile(key);
        Assert.StartsWith("AXVAULT_ENCRYPTION_KEY_FILE: expected a key that is text", RefusedFile(file.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_and_a_file_are_not_given_both()
    {
        using var file = new TemporaryFile(Key);
        Assert.Equal(
            "AXVAULT_ENCRYPTION_KEY and AXVAULT_ENCRYPTION_KEY_FILE: set one of the two, not both",
            Assert.Single(Refused(("AXVAULT_ENCRYPTION_KEY", Key), ("AXVAULT_ENCRYPTION_KEY_FILE", file.Path))));
    }

    [Fact]
    public void Previous_keys_are_separated_by_commas()
    {
        var (a, b) = (new string('a', 32), new string('b', 40));
        Assert.Equal([a], Previous(a));
        Assert.Equal([a, b], Previous($"{a},{b}"));
        Assert.Equal([a, b], Previous($" {a} , {b} ,\n"));
        Assert.Equal([a, b], Previous($",,{a},,{b},"));
        Assert.Empty(Previous(","));
        Assert.Empty(Previous(" "));

        static IEnumerable<string> Previous(string text) => Read(("AXVAULT_ENCRYPTION_KEY_PREVIOUS", text)).PreviousEncryptionKeys.Select(Text);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("0123456789abcdef0123456789abcdef,short")]
    [InlineData("short,0123456789abcdef0123456789abcdef")]
    [InlineData("0123456789abcdef0123456789abcde ")]
    public void Each_previous_key_has_at_least_32_characters(string text) =>
        Assert.Equal(
            "AXVAULT_ENCRYPTION_KEY_PREVIOUS: expected keys of at least 32 characters, separated by commas",
            Assert.Single(Refused(("AXVAULT_ENCRYPTION_KEY_PREVIOUS", text))));

    [Fact]
    public void Options_that_are_printed_show_no_secret()
    {
        var text = Read(("AXVAULT_DATABASE_URL", "postgresql://u:hunter2@h/d"), ("AXVAULT_ENCRYPTION_KEY_PREVIOUS", new string('b', 32))).ToString();
        Assert.DoesNotContain(Key, text, StringComparison.Ordinal);
        Assert.DoesNotContain("bbb", text, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
    }

    private static string Text(EncryptionSecret secret) => System.Text.Encoding.UTF8.GetString(secret.Reveal());

    private static string RefusedFile(string path) => Assert.Single(Refused(("AXVAULT_ENCRYPTION_KEY", ""), ("AXVAULT_ENCRYPTION_KEY_FILE", path)));

    private static AxvaultOptions Read(params (string Name, string Value)[] settings)
    {
        Assert.True(TryRead(out var options, out var problems, settings), string.Join('\n', problems));
        Assert.Empty(problems);
        return options!;
    }

    private static IReadOnlyList<string> Refused(params (string Name, string Value)[] settings)
    {
        Assert.False(TryRead(out var options, out var problems, settings));
        Assert.Null(options);
        return problems;
    }

    private static bool TryRead(out AxvaultOptions? options, out IReadOnlyList<string> problems, params (string Name, string Value)[] settings)
    {
        var values = new Dictionary<string, string?> { ["AXVAULT_ENCRYPTION_KEY"] = Key };
        foreach (var (name, value) in settings)
        {
            values[name] = value;
        }

        return AxvaultOptionsReader.TryRead(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), out options, out problems);
    }

    private sealed class TemporaryFile : IDisposable
    {
        public TemporaryFile(string content)
            : this(System.Text.Encoding.UTF8.GetBytes(content))
        {
        }

        public TemporaryFile(byte[] content) => File.WriteAllBytes(Path, content);

        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"axvault-test-{Guid.NewGuid():n}");

        public void Dispose() => File.Delete(Path);
    }
}
