namespace Axvault.Client;

/// <summary>An entry of the audit log.</summary>
/// <param name="Lane">The lane of the entry.</param>
/// <param name="Sequence">The number of the entry in its lane.</param>
/// <param name="At">The time at which it was written, by the database's clock.</param>
/// <param name="Action">The action, such as <c>credential.read</c>.</param>
/// <param name="Outcome"><c>success</c>, <c>denied</c> or <c>failure</c>.</param>
/// <param name="Server">The server that wrote it.</param>
/// <example><code>await foreach (var entry in vault.Audit.ListAsync(new() { Outcome = "denied" })) { … }</code></example>
public sealed record AuditEntry(long Lane, long Sequence, DateTimeOffset At, string Action, string Outcome, string Server)
{
    /// <summary>The id of the caller's key; <see langword="null"/> when there was none.</summary>
    public string? KeyId { get; init; }

    /// <summary>The name of that key at the time; <see langword="null"/> when there was none.</summary>
    public string? KeyName { get; init; }

    /// <summary>The name of the credential, or the id of the key, that the action touched.</summary>
    public string? Target { get; init; }

    /// <summary>The client's address.</summary>
    public string? ClientAddress { get; init; }

    /// <summary>The client's user agent.</summary>
    public string? UserAgent { get; init; }

    /// <summary>The id of the request.</summary>
    public string? RequestId { get; init; }

    /// <summary>The id of the trace (W3C Trace Context).</summary>
    public string? TraceId { get; init; }

    /// <summary>The reason of a refusal or failure, or a detail of a success.</summary>
    public string? Reason { get; init; }
}

/// <summary>A selection of audit entries. A member that is <see langword="null"/> selects all.</summary>
/// <example><code>new AuditQuery { Credential = "claude.prod", Since = DateTimeOffset.UtcNow.AddHours(-1) }</code></example>
public sealed record AuditQuery
{
    /// <summary>The earliest time.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The time before which the entries are.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The action, such as <c>credential.read</c>.</summary>
    public string? Action { get; init; }

    /// <summary>The outcome: <c>success</c>, <c>denied</c> or <c>failure</c>.</summary>
    public string? Outcome { get; init; }

    /// <summary>The id of the caller's key.</summary>
    public string? Key { get; init; }

    /// <summary>The name of the credential.</summary>
    public string? Credential { get; init; }
}

/// <summary>A page of the audit log.</summary>
/// <param name="Entries">The entries, newest first.</param>
/// <param name="NextCursor">The cursor of the next page; <see langword="null"/> on the last one.</param>
/// <example><code>var page = await vault.Audit.ListPageAsync(limit: 50);</code></example>
public sealed record AuditPage(IReadOnlyList<AuditEntry> Entries, string? NextCursor);

/// <summary>The result of a verification of the audit log.</summary>
/// <param name="Valid"><see langword="true"/> when every entry is intact and none is missing; otherwise <see langword="false"/>.</param>
/// <param name="Entries">The number of intact entries.</param>
/// <param name="Lanes">The number of intact lanes.</param>
/// <example><code>var report = await vault.Audit.VerifyAsync();</code></example>
public sealed record AuditReport(bool Valid, long Entries, long Lanes)
{
    /// <summary>The number of the newest intact checkpoint.</summary>
    public long? LastCheckpoint { get; init; }

    /// <summary>The newest checkpoint, sealed. Keep it elsewhere, and give it to a later verification.</summary>
    public string? Head { get; init; }

    /// <summary>The kind of the first fault; <see langword="null"/> when there is none.</summary>
    public string? Fault { get; init; }

    /// <summary>The lane of the faulty entry.</summary>
    public long? Lane { get; init; }

    /// <summary>The number of the faulty entry in its lane.</summary>
    public long? Sequence { get; init; }

    /// <summary>The number of the faulty checkpoint.</summary>
    public long? Checkpoint { get; init; }

    /// <summary>A sentence about the fault.</summary>
    public string? Detail { get; init; }
}
