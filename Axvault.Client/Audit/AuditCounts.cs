namespace Axvault.Client;

/// <summary>A selection of audit entries to count. A member that is <see langword="null"/> selects all, or has its default.</summary>
/// <example><code>new AuditCountQuery { By = "day", Since = DateTimeOffset.UtcNow.AddDays(-90) }</code></example>
public sealed record AuditCountQuery
{
    /// <summary>The earliest time; by default 24 hours before the latest one, or 30 days with <see cref="By"/> <c>day</c>.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The time before which the entries are; by default the present.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The length of a part: <c>hour</c> or <c>day</c>; <see langword="null"/> for <c>hour</c>. At most 400 parts.</summary>
    public string? By { get; init; }

    /// <summary>The id of a key: actions by it and on it.</summary>
    public string? Key { get; init; }

    /// <summary>The name of the credential.</summary>
    public string? Credential { get; init; }
}

/// <summary>The number of audit entries by part of time.</summary>
/// <param name="By">The length of a part: <c>hour</c> or <c>day</c>.</param>
/// <param name="Since">The earliest time.</param>
/// <param name="Until">The time before which the entries are.</param>
/// <param name="Counts">Every part that the range touches, in their order. The first and the last may be cut.</param>
/// <example><code>var counts = await vault.Audit.CountsAsync();</code></example>
public sealed record AuditCounts(string By, DateTimeOffset Since, DateTimeOffset Until, IReadOnlyList<AuditCount> Counts);

/// <summary>The number of audit entries in a part of time.</summary>
/// <param name="Start">The start of the part (UTC).</param>
/// <param name="Success">The number of actions that were done.</param>
/// <param name="Denied">The number of actions that were refused.</param>
/// <param name="Failure">The number of actions that were tried, and failed.</param>
/// <param name="Reads">The number of those done that handed out or used a credential.</param>
/// <example><code>var reads = counts.Counts.Sum(count => count.Reads);</code></example>
public sealed record AuditCount(DateTimeOffset Start, long Success, long Denied, long Failure, long Reads);
