using System.Runtime.CompilerServices;
using Axvault.Api.Audit.Chain;
using Axvault.Api.Audit.Reading;
using Axvault.Api.Confirmation;
using Axvault.Api.Encryption;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Audit;

/// <summary>The audit chain in PostgreSQL.</summary>
internal sealed class AuditStore(NpgsqlDataSource database)
{
    /// <summary>The SQLSTATE of an append that would move a note into the chain a second time.</summary>
    public const string AlreadyChained = "AXV01";

    private const string Columns = "seq, at, action, outcome, key_id, key_name, target, client_address, user_agent, request_id, trace_id, reason, server, chain_key, mac";

    // In seconds. What waits for an append waits no longer than that.
    private const int AppendTimeout = 5;

    /// <summary>Adds to <paramref name="command"/> the parameters of a note: id, entry, key id, seal.</summary>
    public static void AddNote(NpgsqlCommand command, AuditNote note)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(note);

        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = note.Id });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = note.Entry.ToJson() });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = note.ChainKey.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = note.Seal });
    }

    /// <summary>Writes a note in the transaction of the change that it tells of.</summary>
    public static async Task NoteAsync(NpgsqlTransaction transaction, AuditNote note, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transaction);

        await using var command = new NpgsqlCommand("insert into axvault.audit_noted (id, entry, chain_key, seal) values ($1, $2, $3, $4)", transaction.Connection, transaction);
        AddNote(command, note);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Writes a note that tells of no change, for what must not go unrecorded.</summary>
    public async Task NoteAsync(AuditNote note, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("insert into axvault.audit_noted (id, entry, chain_key, seal) values ($1, $2, $3, $4)");
        AddNote(command, note);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

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

    /// <summary>Whether <paramref name="exception"/> says that no partition takes an entry's time.</summary>
    public static bool IsMonthMissing(Exception exception) =>
        exception is PostgresException { SqlState: PostgresErrorCodes.CheckViolation } postgres && postgres.MessageText.Contains("partition", StringComparison.Ordinal);

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

    /// <summary>Which of <paramref name="notes"/> are not in the chain yet.</summary>
    public async Task<HashSet<Guid>> FindNotedAsync(Guid[] notes, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select id from axvault.audit_noted where id = any ($1)");
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = notes });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(reader.GetGuid(0));
        }

        return found;
    }

    /// <summary>Notes that nobody has moved into the chain for <paramref name="age"/>: their server died, or could not. Of what is no note there is the id alone.</summary>
    public async Task<List<(Guid Id, AuditNote? Note)>> FindLeftAsync(TimeSpan age, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select id, entry, chain_key, seal from axvault.audit_noted where noted_at < clock_timestamp() - $1 order by noted_at, id limit $2");
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = age, NpgsqlDbType = NpgsqlDbType.Interval });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var left = new List<(Guid, AuditNote?)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var id = reader.GetGuid(0);
            left.Add((id, AuditEntry.TryParseJson(reader.GetString(1), out var entry) ? new AuditNote(id, entry, KekId.Read(reader.GetFieldValue<byte[]>(2)), reader.GetFieldValue<byte[]>(3)) : null));
        }

        return left;
    }

    /// <summary>Removes a note that is none.</summary>
    public async Task RemoveNoteAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("delete from axvault.audit_noted where id = $1");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Makes the partition of the month of <paramref name="time"/>, and that of the next one, where they are missing.</summary>
    public async Task MakeMonthsAsync(DateTimeOffset time, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select axvault.audit_make_month($1), axvault.audit_make_month(($1 + interval '1 month')::date)");
        command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = DateOnly.FromDateTime(time.UtcDateTime) });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The partitions whose month has ended before <paramref name="time"/>, oldest first.</summary>
    public async Task<List<string>> FindMonthsBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            select c.relname
            from pg_inherits i join pg_class c on c.oid = i.inhrelid
            where i.inhparent = 'axvault.audit_entry'::regclass
              and c.relname ~ '^audit_entry_[0-9]{6}$'
              and (to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month')::timestamp at time zone 'UTC' <= $1
            order by c.relname
            """);
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = time.ToUniversalTime() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var months = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            months.Add(reader.GetString(0));
        }

        return months;
    }

    /// <summary>Drops the partition <paramref name="month"/>, and leaves in its place the seal of its last entry, in one transaction.</summary>
    /// <param name="month">The name of the partition, one of <see cref="FindMonthsBeforeAsync"/>.</param>
    /// <param name="seal">Seals the last entry.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    /// <returns>The last entry that was dropped; <see langword="null"/> when it had none, or another server has dropped it.</returns>
    public async Task<ChainHead?> DropMonthAsync(string month, Func<ChainHead, (KekId KeyId, byte[] Seal)> seal, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(seal);

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // Not waited for long: whoever comes after a waiting lock waits, too.
        await ExecuteAsync(transaction, "set local lock_timeout = '2s'", cancellationToken);
        await using var exists = new NpgsqlCommand("select to_regclass('axvault.' || $1) is not null", connection, transaction);
        exists.Parameters.Add(new NpgsqlParameter<string> { TypedValue = month });
        if (!(bool)(await exists.ExecuteScalarAsync(cancellationToken))!)
        {
            return null;
        }

        var last = await ReadLastAsync(transaction, month, cancellationToken);
        if (last is not null)
        {
            var (keyId, bytes) = seal(last);
            await using var cut = new NpgsqlCommand(
                "insert into axvault.audit_cut (seq, at, mac, chain_key, seal) values ($1, $2, $3, $4, $5) on conflict (seq) do nothing", connection, transaction);
            cut.Parameters.Add(new NpgsqlParameter<long> { TypedValue = last.Sequence });
            cut.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = last.At });
            cut.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = last.Mac });
            cut.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = keyId.ToArray() });
            cut.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = bytes });
            await cut.ExecuteNonQueryAsync(cancellationToken);
        }

        await ExecuteAsync(transaction, $"drop table axvault.{month}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return last;
    }

    /// <summary>Where the chain begins: the newest cut; <see langword="null"/> when nothing was ever dropped.</summary>
    public async Task<(ChainHead Last, KekId ChainKey, byte[] Seal)?> ReadCutAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select seq, at, mac, chain_key, seal from axvault.audit_cut order by seq desc limit 1");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? (ReadHead(reader, 0), KekId.Read(reader.GetFieldValue<byte[]>(3)), reader.GetFieldValue<byte[]>(4))
            : null;
    }

    /// <summary>The head as it is stored; <see langword="null"/> when there is none.</summary>
    public async Task<ChainHead?> FindHeadAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select seq, at, mac from axvault.audit_head");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadHead(reader, 0) : null;
    }

    /// <summary>Whether there is an entry with <paramref name="sequence"/>, wherever its time puts it. It looks at every entry.</summary>
    public async Task<bool> ExistsAsync(long sequence, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select exists (select from axvault.audit_entry where seq = $1)");
        command.CommandTimeout = 0;
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = sequence });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Every entry from the oldest on, in the order of their times. In constant memory.</summary>
    public IAsyncEnumerable<ChainedEntry> ReadAllAsync(CancellationToken cancellationToken) =>
        StreamAsync(database.CreateCommand($"select {Columns} from axvault.audit_entry order by at, seq"), cancellationToken);

    /// <summary>The entries that <paramref name="query"/> asks for, newest first. In constant memory.</summary>
    public IAsyncEnumerable<ChainedEntry> ReadAsync(AuditQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);

        var command = database.CreateCommand();
        List<string> conditions = ["true"];
        When(query.Since, "at >= {0}");
        When(query.Until, "at < {0}");
        When(query.Action, "action = {0}");
        When(query.Outcome, "outcome = {0}");
        When(query.Key, "(key_id = {0} or (target = {0} and (action = 'bootstrap' or action like 'key.%')))");
        When(query.Credential, "(target = {0} and action like 'credential.%')");
        if (query.After is { } after)
        {
            // The first half lets whole months be left out, which the comparison of the pair does not.
            When((DateTimeOffset?)after.At, "at <= {0}");
            var at = command.Parameters.Count;
            When((long?)after.Sequence, $"(at, seq) < (${at}, {{0}})");
        }

        command.CommandText = $"select {Columns} from axvault.audit_entry where {string.Join(" and ", conditions)} order by at desc, seq desc";
        if (query.Limit is { } limit)
        {
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
            command.CommandText += $" limit ${command.Parameters.Count}";
        }

        return StreamAsync(command, cancellationToken);

        void When<T>(T? value, string condition)
        {
            if (value is not null)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value });
                conditions.Add(string.Format(System.Globalization.CultureInfo.InvariantCulture, condition, $"${command.Parameters.Count}"));
            }
        }
    }

    /// <summary>The wrapped keys of former encryption keys.</summary>
    public async Task<List<(KekId Id, KekId WrappedBy, byte[] Wrapped)>> ReadKeysAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select key_id, wrapped_by, wrapped from axvault.audit_key");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var keys = new List<(KekId, KekId, byte[])>();
        while (await reader.ReadAsync(cancellationToken))
        {
            keys.Add((KekId.Read(reader.GetFieldValue<byte[]>(0)), KekId.Read(reader.GetFieldValue<byte[]>(1)), reader.GetFieldValue<byte[]>(2)));
        }

        return keys;
    }

    /// <summary>Keeps the key of a former encryption key, wrapped.</summary>
    public async Task KeepKeyAsync(KekId id, KekId wrappedBy, byte[] wrapped, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("insert into axvault.audit_key (key_id, wrapped_by, wrapped) values ($1, $2, $3) on conflict (key_id, wrapped_by) do nothing");
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = id.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = wrappedBy.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = wrapped });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<ChainHead?> ReadLastAsync(NpgsqlTransaction transaction, string month, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"select seq, at, mac from axvault.{month} order by at desc, seq desc limit 1", transaction.Connection, transaction);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadHead(reader, 0) : null;
    }

    private static async Task ExecuteAsync(NpgsqlTransaction transaction, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async IAsyncEnumerable<ChainedEntry> StreamAsync(NpgsqlCommand command, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // As long as it takes: the reader sets the pace, and ends it when it hangs up.
        command.CommandTimeout = 0;
        await using (command)
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                yield return Read(reader);
            }
        }
    }

    private static ChainedEntry Read(NpgsqlDataReader reader) => new(
        reader.GetInt64(0),
        reader.GetFieldValue<DateTimeOffset>(1),
        new AuditEntry(reader.GetString(2), reader.GetString(3))
        {
            KeyId = Text(reader, 4),
            KeyName = Text(reader, 5),
            Target = Text(reader, 6),
            ClientAddress = Text(reader, 7),
            UserAgent = Text(reader, 8),
            RequestId = Text(reader, 9),
            TraceId = Text(reader, 10),
            Reason = Text(reader, 11),
            Server = reader.GetString(12),
        },
        KekId.Read(reader.GetFieldValue<byte[]>(13)),
        reader.GetFieldValue<byte[]>(14));

    private static ChainHead ReadHead(NpgsqlDataReader reader, int first) =>
        new(reader.GetInt64(first), reader.GetFieldValue<DateTimeOffset>(first + 1), reader.GetFieldValue<byte[]>(first + 2));

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
