namespace Axvault.Api.Configuration;

/// <summary>The settings of the audit log.</summary>
internal sealed record AuditOptions
{
    /// <summary>How long entries are kept; they are dropped by whole months. Zero: for ever.</summary>
    public required TimeSpan Retention { get; init; }

    /// <summary>How often the newest entry is written to the log.</summary>
    public required TimeSpan AnchorInterval { get; init; }
}
