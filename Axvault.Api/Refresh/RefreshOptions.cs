using Axvault.Api.Refresh.Providers;
using Axvault.Api.Settings;

namespace Axvault.Api.Refresh;

/// <summary>The settings of refresh.</summary>
internal sealed record RefreshOptions
{
    public static readonly Setting ThresholdSetting = new(
        "AXVAULT_REFRESH_THRESHOLD",
        "--refresh-threshold",
        "3600",
        "Time before its expiry at which a credential is refreshed, in seconds. 0 disables refresh."
    );

    public static readonly Setting TimeoutSetting = new(
        "AXVAULT_REFRESH_TIMEOUT_MS",
        "--refresh-timeout",
        "30000",
        "Longest duration of one refresh, in milliseconds."
    );

    public static readonly Setting MinIntervalSetting = new(
        "AXVAULT_REFRESH_MIN_INTERVAL",
        "--refresh-min-interval",
        "60",
        "Time after a refresh in which a credential is not refreshed again, in seconds."
    );

    public static readonly Setting LifetimeFractionSetting = new(
        "AXVAULT_REFRESH_LIFETIME_FRACTION",
        "--refresh-lifetime-fraction",
        "0.5",
        "Fraction of the token's lifetime. A token is refreshed only when no more than this fraction remains."
    );

    public static readonly Setting SweepIntervalSetting = new(
        "AXVAULT_REFRESH_SWEEP_INTERVAL",
        "--refresh-sweep-interval",
        "60",
        "Interval between sweeps that refresh expiring credentials no client is reading, in seconds. 0 disables the sweep."
    );

    public static readonly Setting SpoolSetting = new(
        "AXVAULT_REFRESH_SPOOL",
        "--refresh-spool",
        null,
        "Folder for refreshed tokens, encrypted, that the database cannot take yet."
    );

    /// <summary>The rules that say when a credential is due.</summary>
    public required RefreshRules Rules { get; init; }

    /// <summary>The longest time that a provider may take to answer and that a reader waits.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>The interval between sweeps; zero disables them.</summary>
    public required TimeSpan SweepInterval { get; init; }

    /// <summary>The folder for refreshed tokens, encrypted, that the database cannot take yet.</summary>
    public required string SpoolFolder { get; init; }

    /// <summary>The configured providers.</summary>
    public required IReadOnlyList<OAuthProvider> Providers { get; init; }

    /// <summary>Reads the settings.</summary>
    public static RefreshOptions Read(SettingReader settings) =>
        new()
        {
            Rules = new RefreshRules(
                settings.Seconds(ThresholdSetting, 0, TimeSpan.FromDays(365)),
                settings.Seconds(MinIntervalSetting, 0, TimeSpan.FromDays(1)),
                settings.Fraction(LifetimeFractionSetting)
            ),
            Timeout = TimeSpan.FromMilliseconds(settings.Number(TimeoutSetting, 1, (int)TimeSpan.FromMinutes(10).TotalMilliseconds)),
            SweepInterval = settings.Seconds(SweepIntervalSetting, 0, TimeSpan.FromDays(1)),
            SpoolFolder = ReadSpoolFolder(settings),
            Providers = ProviderSettings.Read(settings),
        };

    // The state folder of a systemd service, else the user's own. Both outlive a restart.
    private static string ReadSpoolFolder(SettingReader settings)
    {
        if (settings.Value(SpoolSetting) is { } folder)
        {
            if (!Path.IsPathFullyQualified(folder))
            {
                settings.Problem(SpoolSetting, "expected the absolute path of a folder");
            }

            return folder;
        }

        var state = settings.Configuration["STATE_DIRECTORY"] is { Length: > 0 } directories
            ? directories.Split(':')[0]
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "axvault");
        return Path.GetFullPath(Path.Combine(state, "spool"));
    }
}
