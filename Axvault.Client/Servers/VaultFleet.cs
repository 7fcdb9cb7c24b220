namespace Axvault.Client;

/// <summary>The servers of the vault, and their state.</summary>
/// <param name="Servers">Every server, in the order of their names. One that died is left out after half a minute.</param>
/// <param name="Spool">The number of refreshed tokens in the spool of the answering server, which the database could not take yet.</param>
/// <param name="Audit">The audit log, as the answering server sees it.</param>
/// <example><code>var fleet = await vault.Servers.ReadAsync();</code></example>
public sealed record VaultFleet(IReadOnlyList<VaultServer> Servers, long Spool, AuditLogState Audit)
{
    /// <summary>The change of the encryption key; <see langword="null"/> when every row is under the present key.</summary>
    public EncryptionKeyRotation? Rotation { get; init; }
}

/// <summary>A server of the vault.</summary>
/// <param name="Id">The id of the process.</param>
/// <param name="Name">The host and the process.</param>
/// <param name="PresentSince">The time since which it has reported without a gap.</param>
/// <param name="SeenAt">The time of its last report. A server reports every 5 seconds.</param>
/// <param name="Silent"><see langword="true"/> when it has not reported for 30 seconds; otherwise <see langword="false"/>.</param>
/// <param name="This"><see langword="true"/> for the server that answers; otherwise <see langword="false"/>.</param>
/// <param name="Kek">The id of the key encryption key that it encrypts with. It is not secret.</param>
/// <param name="Lanes">The number of its open lanes of the audit log.</param>
/// <example><code>var silent = fleet.Servers.Where(server => server.Silent);</code></example>
public sealed record VaultServer(
    Guid Id,
    string Name,
    DateTimeOffset PresentSince,
    DateTimeOffset SeenAt,
    bool Silent,
    bool This,
    string Kek,
    long Lanes
)
{
    /// <summary>The version; <see langword="null"/> for a server of a version that does not tell it.</summary>
    public string? Version { get; init; }
}

/// <summary>The state of the audit log.</summary>
/// <param name="State"><c>ok</c>, or <c>blocked</c> when entries cannot be written. Calls are refused then.</param>
/// <example><code>if (fleet.Audit.State != "ok") { … }</code></example>
public sealed record AuditLogState(string State)
{
    /// <summary>The start of the blockage; <see langword="null"/> when there is none.</summary>
    public DateTimeOffset? Since { get; init; }
}

/// <summary>The change of the encryption key.</summary>
/// <param name="Kek">The id of the key encryption key that all rows are to be under.</param>
/// <param name="Done">The number of rows under it.</param>
/// <param name="Total">The number of all rows.</param>
/// <param name="Unreadable">The number of rows that the last rotation could not open.</param>
/// <param name="Rows">The number of rows under each key, the greatest first.</param>
/// <example><code>var progress = (double)rotation.Done / rotation.Total;</code></example>
public sealed record EncryptionKeyRotation(string Kek, long Done, long Total, long Unreadable, IReadOnlyList<EncryptionKeyRows> Rows);

/// <summary>The rows under a key encryption key.</summary>
/// <param name="Kek">The id of the key.</param>
/// <param name="Rows">The number of rows.</param>
/// <example><code>var oldest = rotation.Rows.Last().Kek;</code></example>
public sealed record EncryptionKeyRows(string Kek, long Rows);
