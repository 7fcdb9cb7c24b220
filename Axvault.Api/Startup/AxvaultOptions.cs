using System.Diagnostics.CodeAnalysis;
using Axvault.Api.Audit;
using Axvault.Api.Broker;
using Axvault.Api.Database;
using Axvault.Api.Encryption;
using Axvault.Api.Federation;
using Axvault.Api.Pipeline;
using Axvault.Api.RateLimits;
using Axvault.Api.ReadCache;
using Axvault.Api.Refresh;
using Axvault.Api.Settings;
using Axvault.Api.Stored;
using Axvault.Api.Tls;
using Axvault.Api.WebConsole;
using Axvault.Api.WebConsole.Oidc;
using Serilog.Events;

namespace Axvault.Api.Startup;

/// <summary>All settings of a server, read and checked once, before anything starts. Each feature is given its own part.</summary>
internal sealed record AxvaultOptions
{
    public static readonly Setting LogLevelSetting = new(
        "AXVAULT_LOG_LEVEL",
        "--log-level",
        "info",
        $"Least severe level that is logged: {LogLevelName.Expected}."
    );

    public static readonly Setting DocsSetting = new("AXVAULT_DOCS", "--docs", "on", "API reference at /docs and /openapi/v1.json: on or off.");

    /// <summary>Every setting, in the order of the help.</summary>
    public static readonly IReadOnlyList<Setting> AllSettings =
    [
        ListenerOptions.PortSetting,
        ListenerOptions.HostSetting,
        TlsOptions.CertificateFileSetting,
        TlsOptions.KeyFileSetting,
        DatabaseOptions.UrlSetting,
        DatabaseOptions.PasswordFileSetting,
        DatabaseOptions.WaitSetting,
        EncryptionOptions.KeySetting,
        EncryptionOptions.KeyFileSetting,
        EncryptionOptions.PreviousKeysSetting,
        BootstrapOptions.SecretFileSetting,
        RefreshOptions.ThresholdSetting,
        RefreshOptions.TimeoutSetting,
        RefreshOptions.MinIntervalSetting,
        RefreshOptions.LifetimeFractionSetting,
        RefreshOptions.SweepIntervalSetting,
        RefreshOptions.SpoolSetting,
        FederationOptions.PrivateHostsSetting,
        FederationOptions.CaFileSetting,
        VersionOptions.KeepSetting,
        VersionOptions.RetentionSetting,
        AuditOptions.RetentionSetting,
        ReadCacheOptions.RowsSetting,
        ListenerOptions.TrustedProxiesSetting,
        ListenerOptions.TrustedTracesSetting,
        RateLimitOptions.KeyRateSetting,
        RateLimitOptions.AddressRateSetting,
        RateLimitOptions.AuthenticationFailuresSetting,
        ListenerOptions.MetricsPortSetting,
        ListenerOptions.MetricsHostSetting,
        ListenerOptions.ShutdownDelaySetting,
        BrokerOptions.ShutdownGraceSetting,
        BrokerOptions.ConsumerLoginsSetting,
        ConsoleOptions.ConsoleSetting,
        OidcOptions.IssuerSetting,
        OidcOptions.ClientIdSetting,
        OidcOptions.ClientSecretSetting,
        OidcOptions.ClientSecretFileSetting,
        OidcOptions.RuleSetting,
        OidcOptions.ScopeSetting,
        LogLevelSetting,
        DocsSetting,
    ];

    /// <summary>The listener.</summary>
    public required ListenerOptions Listener { get; init; }

    /// <summary>The database.</summary>
    public required DatabaseOptions Database { get; init; }

    /// <summary>Encryption.</summary>
    public required EncryptionOptions Encryption { get; init; }

    /// <summary>The first API key.</summary>
    public required BootstrapOptions Bootstrap { get; init; }

    /// <summary>Refresh.</summary>
    public required RefreshOptions Refresh { get; init; }

    /// <summary>Workload identity.</summary>
    public required FederationOptions Federation { get; init; }

    /// <summary>Credential versions and deleted credentials.</summary>
    public required VersionOptions Versions { get; init; }

    /// <summary>The audit log.</summary>
    public required AuditOptions Audit { get; init; }

    /// <summary>The read cache.</summary>
    public required ReadCacheOptions ReadCache { get; init; }

    /// <summary>The rate limits.</summary>
    public required RateLimitOptions RateLimits { get; init; }

    /// <summary>The broker.</summary>
    public required BrokerOptions Broker { get; init; }

    /// <summary>The console.</summary>
    public required ConsoleOptions Console { get; init; }

    /// <summary>The least severe level that is logged; <see langword="null"/> logs nothing.</summary>
    public required LogEventLevel? LogLevel { get; init; }

    /// <summary><see langword="true"/> when the API reference is served; otherwise <see langword="false"/>.</summary>
    public required bool Docs { get; init; }

    /// <summary>Reads every setting of <paramref name="configuration"/>.</summary>
    /// <param name="configuration">Environment variables; a flag of the command line stands under its variable's name.</param>
    /// <param name="options">The settings, when nothing is wrong.</param>
    /// <param name="problems">One line for each thing that is wrong, naming the setting and what was expected.</param>
    public static bool TryRead(IConfiguration configuration, [NotNullWhen(true)] out AxvaultOptions? options, out IReadOnlyList<string> problems)
    {
        var settings = new SettingReader(configuration);
        QuotedSettings.Check(settings);
        var read = settings.Problems.Count == 0 ? Read(settings) : null;
        problems = settings.Problems;
        options = problems.Count == 0 ? read : null;
        return options is not null;
    }

    private static AxvaultOptions? Read(SettingReader settings)
    {
        var listener = ListenerOptions.Read(settings);
        var database = DatabaseOptions.Read(settings);
        var encryption = EncryptionOptions.Read(settings);
        var bootstrap = BootstrapOptions.Read(settings);
        var refresh = RefreshOptions.Read(settings);
        var federation = FederationOptions.Read(settings);
        var versions = VersionOptions.Read(settings);
        var audit = AuditOptions.Read(settings);
        var readCache = ReadCacheOptions.Read(settings);
        var rateLimits = RateLimitOptions.Read(settings);
        var broker = BrokerOptions.Read(settings);
        var console = ConsoleOptions.Read(settings, federation);
        if (!LogLevelName.TryParse(settings.Value(LogLevelSetting)!, out var level))
        {
            settings.Problem(LogLevelSetting, $"expected {LogLevelName.Expected}");
        }

        var docs = settings.Switch(DocsSetting);
        TelemetrySettings.Check(settings);
        return database is null || encryption is null
            ? null
            : new AxvaultOptions
            {
                Listener = listener,
                Database = database,
                Encryption = encryption,
                Bootstrap = bootstrap,
                Refresh = refresh,
                Federation = federation,
                Versions = versions,
                Audit = audit,
                ReadCache = readCache,
                RateLimits = rateLimits,
                Broker = broker,
                Console = console,
                LogLevel = level,
                Docs = docs,
            };
    }
}
