using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Axvault.Api.Refresh;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Tls;

namespace Axvault.Api.Configuration;

/// <summary>Reads the settings and finds all that is wrong with them, not just the first thing. No message repeats a value.</summary>
internal sealed class AxvaultOptionsReader
{
    /// <summary>The name under which Aspire injects the database's connection string.</summary>
    public const string ConnectionName = "vaultdb";

    private const int MaxSecretFileBytes = 64 * 1024;
    private const int MaxRate = 1_000_000;
    private const int MappedPrefixBits = 96;

    private const string NotText = "expected a key that is text, in UTF-8, and not arbitrary bytes (make one with: openssl rand -base64 32)";

    // What is not text would be replaced, byte by byte, by one and the same character: a key file of random bytes would become guessable.
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly IConfiguration _configuration;
    private readonly List<string> _problems = [];

    private AxvaultOptionsReader(IConfiguration configuration) => _configuration = configuration;

    /// <summary>Reads <paramref name="configuration"/>, in which a flag of the command line stands under its variable's name.</summary>
    /// <param name="configuration">Variables, and flags over them.</param>
    /// <param name="options">The settings, when nothing is wrong.</param>
    /// <param name="problems">A line for each thing that is wrong, naming the setting and what was expected.</param>
    public static bool TryRead(IConfiguration configuration, [NotNullWhen(true)] out AxvaultOptions? options, out IReadOnlyList<string> problems)
    {
        var reader = new AxvaultOptionsReader(configuration);
        var read = reader.Read();
        problems = reader._problems;
        options = problems.Count == 0 ? read : null;
        return options is not null;
    }

    /// <summary>Reads where a server of these settings is reached from its own machine, and no other setting.</summary>
    /// <param name="configuration">Variables, and flags over them.</param>
    /// <param name="listener">A loopback address where the server listens on all, else the one that it listens on; its port; and http or https.</param>
    /// <param name="problems">A line for each thing that is wrong, naming the setting and what was expected.</param>
    public static bool TryReadListener(IConfiguration configuration, [NotNullWhen(true)] out Uri? listener, out IReadOnlyList<string> problems)
    {
        var reader = new AxvaultOptionsReader(configuration);
        var host = reader.Host(Setting.Host);
        var address = host is null || host.Equals(IPAddress.Any) ? IPAddress.Loopback : host.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : host;
        var port = reader.Number(Setting.Port, 1, 65535);
        problems = reader._problems;
        var scheme = reader.Value(Setting.TlsCertificateFile) is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
        listener = problems.Count == 0 ? new UriBuilder(scheme, address.ToString(), port).Uri : null;
        return listener is not null;
    }

    // The placeholders after ?? are never used: a missing value has left a problem, and then there are no options.
    private AxvaultOptions? Read()
    {
        var host = Host(Setting.Host);
        var port = Number(Setting.Port, 0, 65535);
        if (port == 0 && Value(Setting.Host) == "localhost" && _problems.Count == 0)
        {
            Problem(Setting.Port, "0, any free port, goes with one address and not with localhost, which is two: give 127.0.0.1 or ::1");
        }

        var metricsHost = Host(Setting.MetricsHost);
        var metricsPort = Number(Setting.MetricsPort, 0, 65535);
        if (metricsPort > 0 && metricsPort == port)
        {
            Problem(Setting.MetricsPort, $"expected another port than that of {Setting.Port}");
        }

        var tls = Tls();
        var database = Database();
        var databaseWait = Number(Setting.DatabaseWait, 0, 3600);
        var key = EncryptionKey();
        var previous = PreviousEncryptionKeys();
        var refresh = Refresh();
        var versions = Versions();
        var audit = Audit();
        var readCache = Number(Setting.ReadCache, 0, 65_536);
        var proxies = TrustedProxies();
        var rateLimits = RateLimits();
        var shutdownDelay = Number(Setting.ShutdownDelay, 0, 600);
        if (!LogLevelName.TryParse(Value(Setting.LogLevel)!, out var level))
        {
            Problem(Setting.LogLevel, $"expected {LogLevelName.Expected}");
        }

        var docs = Switch(Setting.Docs);
        return database is null || key is null
            ? null
            : new AxvaultOptions
            {
                Host = host,
                Port = port,
                Tls = tls,
                MetricsHost = metricsHost,
                MetricsPort = metricsPort,
                Database = database,
                DatabaseWait = TimeSpan.FromSeconds(databaseWait),
                EncryptionKey = key,
                PreviousEncryptionKeys = previous,
                Refresh = refresh,
                Versions = versions,
                Audit = audit,
                CacheBytes = readCache * 1024L * 1024,
                TrustedProxies = proxies,
                RateLimits = rateLimits,
                ShutdownDelay = TimeSpan.FromSeconds(shutdownDelay),
                LogLevel = level,
                Docs = docs,
            };
    }

    private TlsOptions? Tls()
    {
        var (certificateFile, keyFile) = (Value(Setting.TlsCertificateFile), Value(Setting.TlsKeyFile));
        if (certificateFile is null || keyFile is null)
        {
            if (certificateFile != keyFile)
            {
                _problems.Add($"{Setting.TlsCertificateFile} and {Setting.TlsKeyFile}: set both, or neither; they may name the same file");
            }

            return null;
        }

        var files = new TlsFiles(certificateFile, keyFile);
        if (files.TryRead(out var contents, out var faults) && ServerCertificate.TryRead(contents, TimeProvider.System.GetUtcNow(), out var certificate, out faults))
        {
            return new TlsOptions(files, contents, certificate);
        }

        _problems.AddRange(faults.Select(static fault => fault.ToString()));
        return null;
    }

    private RefreshOptions Refresh() => new()
    {
        Rules = new RefreshRules(
            TimeSpan.FromSeconds(Number(Setting.RefreshThreshold, 0, (int)TimeSpan.FromDays(365).TotalSeconds)),
            TimeSpan.FromSeconds(Number(Setting.RefreshMinInterval, 0, (int)TimeSpan.FromDays(1).TotalSeconds)),
            Fraction(Setting.RefreshLifetimeFraction)),
        Timeout = TimeSpan.FromMilliseconds(Number(Setting.RefreshTimeout, 1, (int)TimeSpan.FromMinutes(10).TotalMilliseconds)),
        Lease = TimeSpan.FromSeconds(Number(Setting.RefreshLease, 1, (int)TimeSpan.FromMinutes(10).TotalSeconds)),
        SweepInterval = TimeSpan.FromSeconds(Number(Setting.RefreshSweepInterval, 0, (int)TimeSpan.FromDays(1).TotalSeconds)),
        SweepConcurrency = Number(Setting.RefreshSweepConcurrency, 1, 100),
        SpoolFolder = SpoolFolder(),
        Providers = ProviderSettings.Read(_configuration, _problems),
    };

    private VersionOptions Versions() => new()
    {
        Keep = Number(Setting.CredentialVersions, 0, 1000),
        Retention = TimeSpan.FromDays(Number(Setting.DeletedRetention, 0, 36_500)),
    };

    private AuditOptions Audit() => new()
    {
        Retention = TimeSpan.FromDays(Number(Setting.AuditRetention, 0, 36_500)),
        AnchorInterval = TimeSpan.FromSeconds(Number(Setting.AuditAnchorInterval, 1, (int)TimeSpan.FromDays(1).TotalSeconds)),
    };

    private RateLimitOptions RateLimits() => new()
    {
        KeyRate = Number(Setting.KeyRate, 0, MaxRate),
        AddressRate = Number(Setting.AddressRate, 0, MaxRate),
        AuthenticationFailures = Number(Setting.AuthenticationFailures, 0, MaxRate),
    };

    private List<IPNetwork> TrustedProxies()
    {
        var proxies = new List<IPNetwork>();
        foreach (var text in (Value(Setting.TrustedProxies) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (TryReadNetwork(text, out var network))
            {
                proxies.Add(network);
            }
            else
            {
                Problem(Setting.TrustedProxies, "expected IP addresses or networks such as 10.0.0.0/8, separated by commas");
            }
        }

        return proxies;
    }

    private static bool TryReadNetwork(string text, out IPNetwork network)
    {
        network = default;
        var parts = text.Split('/');
        if (!IPAddress.TryParse(parts[0], out var address) || parts[0].Contains(']', StringComparison.Ordinal) || IsShortened(address, parts[0]))
        {
            return false;
        }

        if (parts.Length == 1)
        {
            network = new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
        }
        else if (!IPNetwork.TryParse(text, out network) || !network.BaseAddress.Equals(address))
        {
            // 10.0.0.1/8 may have meant one address, and would trust sixteen million.
            return false;
        }

        // A peer is known by its IPv4 address, whatever socket it came in by.
        if (network.BaseAddress.IsIPv4MappedToIPv6 && network.PrefixLength >= MappedPrefixBits)
        {
            network = new IPNetwork(network.BaseAddress.MapToIPv4(), network.PrefixLength - MappedPrefixBits);
        }

        return true;
    }

    // 10 is 0.0.0.10 to the parser, and 010.0.0.1 is 8.0.0.1.
    private static bool IsShortened(IPAddress address, string text) => address.AddressFamily == AddressFamily.InterNetwork && address.ToString() != text;

    // The state folder of a systemd service, else the user's own: both outlive a restart.
    private string SpoolFolder()
    {
        if (Value(Setting.RefreshSpool) is { } folder)
        {
            if (!Path.IsPathFullyQualified(folder))
            {
                Problem(Setting.RefreshSpool, "expected the absolute path of a folder");
            }

            return folder;
        }

        var state = _configuration["STATE_DIRECTORY"] is { Length: > 0 } directories
            ? directories.Split(':')[0]
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "axvault");
        return Path.GetFullPath(Path.Combine(state, "spool"));
    }

    // An empty variable is an unset one: that is how compose files and CI systems write "none".
    private string? Value(Setting setting) => _configuration[setting.Variable] is { Length: > 0 } value ? value : setting.Default;

    private void Problem(Setting setting, string expectation) => _problems.Add($"{setting}: {expectation}");

    private int Number(Setting setting, int least, int most)
    {
        if (int.TryParse(Value(setting), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        Problem(setting, string.Create(CultureInfo.InvariantCulture, $"expected a whole number from {least} to {most}"));
        return least;
    }

    private double Fraction(Setting setting)
    {
        if (double.TryParse(Value(setting), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 1)
        {
            return number;
        }

        Problem(setting, "expected a number above 0, and at most 1, such as 0.5");
        return 1;
    }

    private bool Switch(Setting setting)
    {
        var text = Value(setting);
        if (text is not ("on" or "off"))
        {
            Problem(setting, "expected on or off");
        }

        return text == "on";
    }

    private IPAddress? Host(Setting setting)
    {
        var text = Value(setting)!;
        if (text == "localhost")
        {
            return null;
        }

        // A port in brackets' company would be read, and dropped: it has a setting of its own.
        if (!IPAddress.TryParse(text, out var address) || text.Contains("]:", StringComparison.Ordinal))
        {
            Problem(setting, "expected an IP address (0.0.0.0 or :: for all of them) or localhost");
        }

        return address;
    }

    private DatabaseAddress? Database()
    {
        var given = _configuration[Setting.DatabaseUrl.Variable];
        var injected = _configuration.GetConnectionString(ConnectionName);
        var (name, text) = given is { Length: > 0 } ? (Setting.DatabaseUrl.ToString(), given)
            : injected is { Length: > 0 } ? ($"ConnectionStrings__{ConnectionName}", injected)
            : (Setting.DatabaseUrl.ToString(), Setting.DatabaseUrl.Default!);
        var password = Value(Setting.DatabasePasswordFile) is { } path ? ReadPasswordFile(path) : null;
        if (!DatabaseUrl.TryParse(text, out var connection, out var problem))
        {
            _problems.Add($"{name}: {problem}");
            return null;
        }

        if (password is not null && connection.Password is not null)
        {
            _problems.Add($"{name} and {Setting.DatabasePasswordFile}: give the password in one of the two, not in both");
            return null;
        }

        if (password is not null)
        {
            connection.Password = password;
        }

        return new DatabaseAddress(connection);
    }

    private string? ReadPasswordFile(string path)
    {
        var password = ReadSecretFile(Setting.DatabasePasswordFile, path);
        if (password is null || (password.Length > 0 && !password.AsSpan().ContainsAny('\n', '\0')))
        {
            return password;
        }

        Problem(Setting.DatabasePasswordFile, "expected a file of one line, the password");
        return null;
    }

    private EncryptionSecret? EncryptionKey()
    {
        var text = Value(Setting.EncryptionKey);
        var path = Value(Setting.EncryptionKeyFile);
        if (text is not null && path is not null)
        {
            _problems.Add($"{Setting.EncryptionKey} and {Setting.EncryptionKeyFile}: set one of the two, not both");
            return null;
        }

        return path is null ? Secret(Setting.EncryptionKey, text) : Secret(Setting.EncryptionKeyFile, ReadSecretFile(Setting.EncryptionKeyFile, path));
    }

    private EncryptionSecret? Secret(Setting setting, string? text)
    {
        if (text is { Length: >= EncryptionSecret.MinLength })
        {
            if (IsText(text))
            {
                return new EncryptionSecret(text);
            }

            Problem(setting, NotText);
            return null;
        }

        if (text is not null || setting == Setting.EncryptionKey)
        {
            Problem(setting, $"expected a key of at least {EncryptionSecret.MinLength} characters (make one with: openssl rand -base64 32)");
        }

        return null;
    }

    // The runtime replaces each byte of a variable that is no text by U+FFFD: different keys would become one and the same.
    private static bool IsText(string key) => !key.EnumerateRunes().Contains(Rune.ReplacementChar);

    private string? ReadSecretFile(Setting setting, string path)
    {
        try
        {
            if (BoundedFile.Read(path, MaxSecretFileBytes) is { } bytes)
            {
                var text = bytes.AsSpan();
                return StrictUtf8.GetString(text.StartsWith(Encoding.UTF8.Preamble) ? text[Encoding.UTF8.Preamble.Length..] : text).TrimEnd('\r', '\n');
            }

            Problem(setting, "expected a file, neither empty nor of more than 64 KiB, that holds the secret");
        }
        catch (Exception exception) when (BoundedFile.IsUnreadable(exception))
        {
            Problem(setting, "the file cannot be read, or is not UTF-8 text");
        }

        return null;
    }

    private List<EncryptionSecret> PreviousEncryptionKeys()
    {
        var keys = (Value(Setting.PreviousEncryptionKeys) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (keys.Any(static key => key.Length < EncryptionSecret.MinLength))
        {
            Problem(Setting.PreviousEncryptionKeys, $"expected keys of at least {EncryptionSecret.MinLength} characters, separated by commas");
            return [];
        }

        if (!keys.All(IsText))
        {
            Problem(Setting.PreviousEncryptionKeys, NotText);
            return [];
        }

        return [.. keys.Select(static key => new EncryptionSecret(key))];
    }
}
