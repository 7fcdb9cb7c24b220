using Axvault.Api.Settings;

namespace Axvault.Api.Stored;

/// <summary>The settings of credential versions and deleted credentials.</summary>
internal sealed record VersionOptions
{
    public static readonly Setting KeepSetting = new(
        "AXVAULT_CREDENTIAL_VERSIONS",
        "--credential-versions",
        "10",
        "Number of replaced versions kept of each credential. 0 keeps none."
    );

    public static readonly Setting RetentionSetting = new(
        "AXVAULT_DELETED_RETENTION_DAYS",
        "--deleted-retention-days",
        "30",
        "Time in which a deleted credential can be restored, in days. 0 deletes it for good at once."
    );

    /// <summary>The number of replaced versions kept of each credential.</summary>
    public required int Keep { get; init; }

    /// <summary>The time that a deleted credential is kept; zero deletes it for good at once.</summary>
    public required TimeSpan Retention { get; init; }

    /// <summary>Reads the settings.</summary>
    public static VersionOptions Read(SettingReader settings) =>
        new() { Keep = settings.Number(KeepSetting, 0, 1000), Retention = TimeSpan.FromDays(settings.Number(RetentionSetting, 0, 36_500)) };
}
