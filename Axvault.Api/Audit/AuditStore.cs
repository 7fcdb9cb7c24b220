using Axvault.Api.Audit.Chain;
using Axvault.Api.Confirmation;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Audit;

/// <summary>The audit chain in PostgreSQL.</summary>
internal sealed class AuditStore(NpgsqlDataSource database)
{
    /// <summary>The SQLSTATE of an append that would move a note into the chain a second time.</summary>
    public const string AlreadyChained = "AXV01";

    // In seconds. What waits for an append waits no longer than that.
    private const int AppendTimeout = 5;

    /// <summary>Reads the head, and the database's time; begins the chain of a new vault with <paramref name="genesis"/>.</summary>
    public async Task<(ChainHead Head, DateTimeOffset Clock)> ReadHeadAsync(byte[] genesis, CancellationToken cancellationToken)
    {
        // A head that is missing while there are entries was taken away: the newest of them takes its place, and the verification tells.
        await using var begin = database.CreateCommand(
            """
            insert into axvault.audit_head (seq, at, mac)
            select last.seq, last.at, last.mac
            from (
              (select seq, at, mac from axvault.audit_entry order by at desc, seq desc limit 1)
              union all
              (select seq, at, mac from axvault.audit_cut order by seq desc limit 1)
              union all
              select 0, date_trunc('milliseconds', clock_timestamp()), $1) as last
            where not exists (select from axvault.audit_head)
            order by last.seq desc
            limit 1
            on conflict (singleton) do nothing
            """);
        begin.CommandTimeout = AppendTimeout;
        begin.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = genesis });
        await begin.ExecuteNonQueryAsync(cancellationToken);

        await using var read = database.CreateCommand("select seq, at, mac, clock_timestamp() from axvault.audit_head");
        read.CommandTimeout = AppendTimeout;
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (ReadHead(reader, 0), reader.GetFieldValue<DateTimeOffset>(3));
    }

    /// <summary>
    /// Appends <paramref name="entries"/> to the chain, when its head is still <paramref name="head"/> and every row that <paramref name="confirmations"/> name
    /// is stored as it was read.
    /// </summary>
    /// <param name="head">What the entries are bound to.</param>
    /// <param name="entries">The entries, at least one.</param>
    /// <param name="notes">The notes that are moved into the chain by it.</param>
    /// <param name="confirmations">What the requests that the entries tell of were decided by, from memory.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    /// <exception cref="PostgresException">With <see cref="AlreadyChained"/>: one of the notes is in the chain already.</exception>
    public async Task<AppendResult> AppendAsync(
        ChainHead head, IReadOnlyList<ChainedEntry> entries, Guid[] notes, IEnumerable<Confirmations> confirmations, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(head);

        await using var command = database.CreateCommand(
            """
            select appended, head_seq, head_at, head_mac, clock, stale_keys, stale_credentials
            from axvault.audit_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
            """);
        command.CommandTimeout = AppendTimeout;
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = head.Sequence });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = head.Mac });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = notes });
        AddMarks(command, confirmations);
        Add(static entry => entry.Sequence);
        Add(static entry => entry.At);
        AddText(static entry => entry.Action);
        AddText(static entry => entry.Outcome);
        AddText(static entry => entry.KeyId);
        AddText(static entry => entry.KeyName);
        AddText(static entry => entry.Target);
        AddText(static entry => entry.ClientAddress);
        AddText(static entry => entry.UserAgent);
        AddText(static entry => entry.RequestId);
        AddText(static entry => entry.TraceId);
        AddText(static entry => entry.Reason);
        AddText(static entry => entry.Server);
        Add(static entry => entry.ChainKey.ToArray());
        Add(static entry => entry.Mac);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new AppendResult(
            reader.GetBoolean(0),
            reader.IsDBNull(1) ? null : ReadHead(reader, 1),
            reader.GetFieldValue<DateTimeOffset>(4),
            reader.IsDBNull(5) ? [] : reader.GetFieldValue<string[]>(5),
            reader.IsDBNull(6) ? [] : reader.GetFieldValue<Guid[]>(6));

        void Add<T>(Func<ChainedEntry, T> column) => command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. entries.Select(column)] });

        void AddText(Func<AuditEntry, string?> column) => command.Parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = [.. entries.Select(entry => column(entry.Entry))], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
    }

    /// <summary>Whether <paramref name="entry"/> is in the chain.</summary>
    public async Task<bool> ContainsAsync(ChainHead entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);

        await using var command = database.CreateCommand("select exists (select from axvault.audit_entry where at = $1 and seq = $2 and mac = $3)");
        command.CommandTimeout = AppendTimeout;
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = entry.At });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = entry.Sequence });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = entry.Mac });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>The head in three columns of <paramref name="reader"/> from <paramref name="first"/> on: number, time, MAC.</summary>
    public static ChainHead ReadHead(NpgsqlDataReader reader, int first) =>
        new(reader.GetInt64(first), reader.GetFieldValue<DateTimeOffset>(first + 1), reader.GetFieldValue<byte[]>(first + 2));

    // Each row once: the requests of a group have much in common.
    private static void AddMarks(NpgsqlCommand command, IEnumerable<Confirmations> confirmations)
    {
        HashSet<KeyMark> keys = [];
        HashSet<CredentialMark> credentials = [];
        foreach (var confirmation in confirmations)
        {
            if (confirmation.Key is { } key)
            {
                keys.Add(key);
            }

            if (confirmation.Credential is { } credential)
            {
                credentials.Add(credential);
            }
        }

        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. keys.Select(static mark => mark.Id.Value)] });
        command.Parameters.Add(new NpgsqlParameter<uint[]> { TypedValue = [.. keys.Select(static mark => mark.WrittenBy)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Xid });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. credentials.Select(static mark => mark.RowId)] });
        command.Parameters.Add(new NpgsqlParameter<uint[]> { TypedValue = [.. credentials.Select(static mark => mark.WrittenBy)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Xid });
    }
}
