using Axvault.Api.Settings;

namespace Axvault.Api.Audit;

/// <summary>The settings of the audit log.</summary>
internal sealed record AuditOptions
{
    public static readonly Setting RetentionSetting = new(
        "AXVAULT_AUDIT_RETENTION_DAYS",
        "--audit-retention-days",
        "400",
        "Time that audit entries are kept, in days. Whole months are dropped. 0 keeps them for ever."
    );

    /// <summary>The time that entries are kept. Whole months are dropped. Zero keeps them for ever.</summary>
    public required TimeSpan Retention { get; init; }

    /// <summary>Reads the settings.</summary>
    public static AuditOptions Read(SettingReader settings) =>
        new() { Retention = TimeSpan.FromDays(settings.Number(RetentionSetting, 0, 36_500)) };
}
