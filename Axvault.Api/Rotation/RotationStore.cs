using Axvault.Api.Audit;
using Axvault.Api.Encryption;
using Axvault.Api.Migrations;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Rotation;

/// <summary>
/// The rotation in PostgreSQL: its claim, which is a row and not a session and so passes a transaction-pooling proxy, its state, and the rows that it moves. No lock is held
/// while this server computes or waits for the network.
/// </summary>
internal sealed class RotationStore(NpgsqlDataSource database)
{
    // With the key as $2. A server registers before it writes, so whoever reads what one wrote under another key sees it here in the next statement.
    private const string Settled = "not exists (select from axvault.server where encrypts_with <> $2)";

    /// <summary>Reads how far the rotation has come.</summary>
    public async Task<RotationState> FindAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select key_id, finished_at is not null, reencrypted, unreadable from axvault.key_rotation");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new RotationState(reader.IsDBNull(0) ? null : KekId.Read(reader.GetFieldValue<byte[]>(0)), reader.GetBoolean(1), reader.GetInt64(2), reader.GetInt64(3))
            : new RotationState(null, IsFinished: false, 0, 0);
    }

    /// <summary>
    /// Claims the rotation to <paramref name="key"/> for <paramref name="server"/>, or prolongs its claim; <see langword="false"/> when another server has claimed it, or
    /// encrypts with another key.
    /// </summary>
    public async Task<bool> ClaimAsync(ServerIdentity server, KekId key, TimeSpan lease, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);

        await using var command = database.CreateCommand(
            $"""
            update axvault.key_rotation
            set claimed_by = $1, claimed_until = clock_timestamp() + $3
            where (claimed_by is null or claimed_by = $1 or claimed_until <= clock_timestamp()) and {Settled}
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = server.Id });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = key.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = lease, NpgsqlDbType = NpgsqlDbType.Interval });
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Gives up the claim of <paramref name="server"/>, if it has it.</summary>
    public async Task ReleaseAsync(ServerIdentity server, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);

        await using var command = database.CreateCommand("update axvault.key_rotation set claimed_by = null, claimed_until = null where claimed_by = $1");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = server.Id });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Takes <paramref name="key"/> for the one that everything is under, when there was never another: nothing is to be moved.</summary>
    /// <returns>Whether it is so.</returns>
    public async Task<bool> AdoptAsync(KekId key, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            update axvault.key_rotation
            set key_id = $1, started_at = clock_timestamp(), finished_at = clock_timestamp()
            where key_id is null and not exists (select from axvault.vault_key where key_id <> $1)
            """);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = key.ToArray() });
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Begins to move everything to <paramref name="key"/>, and notes it; <see langword="false"/> when <paramref name="server"/> has not claimed it, or the fleet is not settled any more.</summary>
    public async Task<bool> BeginAsync(ServerIdentity server, KekId key, AuditNote note, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);

        await using var command = database.CreateCommand(
            $"""
            with begun as (
              update axvault.key_rotation
              set key_id = $2, started_at = clock_timestamp(), finished_at = null, reencrypted = 0, unreadable = 0
              where claimed_by = $1 and {Settled}
              returning singleton)
            insert into axvault.audit_noted (id, entry, chain_key, seal) select $3, $4, $5, $6 from begun
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = server.Id });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = key.ToArray() });
        AuditNoteStore.Add(command, note);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>
    /// Ends the rotation to <paramref name="key"/>, unless a server encrypts with another key: notes it, and does away with what is left of keys that nothing is under any
    /// more, their check values and the keys of the audit log that they wrap.
    /// </summary>
    /// <returns>Whether it was ended.</returns>
    public async Task<bool> FinishAsync(ServerIdentity server, KekId key, long unreadable, AuditNote note, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await Migrator.LockAsync(transaction, cancellationToken);
        await using var finish = new NpgsqlCommand(
            $"""
            update axvault.key_rotation
            set finished_at = clock_timestamp(), unreadable = $3
            where claimed_by = $1 and key_id = $2 and finished_at is null and {Settled}
            """,
            connection,
            transaction);
        finish.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = server.Id });
        finish.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = key.ToArray() });
        finish.Parameters.Add(new NpgsqlParameter<long> { TypedValue = unreadable });
        if (await finish.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            return false;
        }

        await RemoveOldKeysAsync(transaction, key, cancellationToken);
        await AuditNoteStore.WriteAsync(transaction, note, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>Whether anything is under another key than <paramref name="key"/>.</summary>
    public async Task<bool> HasOthersAsync(KekId key, CancellationToken cancellationToken)
    {
        // Two looks into the index each; "is distinct from" would be a look at every row.
        var sql = string.Join(" or ", EnvelopeTable.All.Select(static table =>
            $"exists (select from axvault.{table.Name} where key_id < $1) or exists (select from axvault.{table.Name} where key_id > $1)"));
        await using var command = database.CreateCommand($"select {sql}");
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = key.ToArray() });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>How many rows of each table are under each key.</summary>
    public async Task<List<KeyCount>> CountAsync(CancellationToken cancellationToken)
    {
        var counts = new List<KeyCount>();
        foreach (var table in EnvelopeTable.All)
        {
            await using var command = database.CreateCommand($"select key_id, count(*) from axvault.{table.Name} group by key_id order by key_id");
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                counts.Add(new KeyCount(table, KekId.Read(reader.GetFieldValue<byte[]>(0)), reader.GetInt64(1)));
            }
        }

        return counts;
    }

    /// <summary>The next rows of <paramref name="table"/> that are under <paramref name="keys"/>, in the order of their ids.</summary>
    /// <param name="table">The table.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="after">The row before the first.</param>
    /// <param name="limit">The greatest number of rows.</param>
    /// <param name="bytes">The size of their envelopes after which no other row is added.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public async Task<List<SealedRow>> FindBatchAsync(
        EnvelopeTable table, byte[][] keys, (Guid RowId, long Version) after, int limit, long bytes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);

        await using var command = database.CreateCommand(
            $"""
            select row_id, version, name, envelope
            from (
              select t.{table.RowId} as row_id, t.{table.Version} as version, {table.CredentialName} as name, t.envelope,
                sum(octet_length(t.envelope)) over (order by t.{table.RowId}, t.{table.Version} rows unbounded preceding) - octet_length(t.envelope) as before
              from axvault.{table.Name} t
              where t.key_id = any ($1) and (t.{table.RowId}, t.{table.Version}) > ($2, $3)
              order by t.{table.RowId}, t.{table.Version}
              limit $4) as found
            where before < $5
            order by row_id, version
            """);
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = keys });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = after.RowId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after.Version });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = bytes });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<SealedRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new SealedRow(reader.GetGuid(0), reader.GetInt64(1), reader.GetString(2), reader.GetFieldValue<byte[]>(3)));
        }

        return rows;
    }

    /// <summary>
    /// Puts new envelopes in place of those that rows of <paramref name="table"/> still have. One that has changed since it was read, or that somebody is changing, is left
    /// alone: nobody waits for this statement longer than it takes, and it waits for nobody.
    /// </summary>
    /// <param name="server">The server that has claimed the rotation; when it has not any more, nothing is moved.</param>
    /// <param name="key">The key that the new envelopes are under; when another server encrypts with another one, nothing is moved.</param>
    /// <param name="table">The table.</param>
    /// <param name="rows">The rows as they were read, each with its new envelope.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    /// <returns>How many were moved.</returns>
    public async Task<long> MoveAsync(ServerIdentity server, KekId key, EnvelopeTable table, IReadOnlyList<(SealedRow Row, byte[] Envelope)> rows, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(rows);

        await using var command = database.CreateCommand(
            $"""
            with taken as materialized (
              select t.{table.RowId} as row_id, t.{table.Version} as version, n.envelope
              from unnest($3, $4, $5, $6) as n(row_id, version, mark, envelope)
              join axvault.{table.Name} t on t.{table.RowId} = n.row_id and t.{table.Version} = n.version
              where substring(t.envelope for {Envelope.MarkSize}) = n.mark and exists (select from axvault.key_rotation where claimed_by = $1) and {Settled}
              for no key update of t skip locked),
            moved as (
              update axvault.{table.Name} t set envelope = taken.envelope from taken where t.{table.RowId} = taken.row_id and t.{table.Version} = taken.version returning 1),
            counted as (update axvault.key_rotation set reencrypted = reencrypted + (select count(*) from moved))
            select count(*) from moved
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = server.Id });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = key.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. rows.Select(static row => row.Row.RowId)] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. rows.Select(static row => row.Row.Version)] });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. rows.Select(static row => row.Row.Envelope[..Envelope.MarkSize])] });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. rows.Select(static row => row.Envelope)] });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task RemoveOldKeysAsync(NpgsqlTransaction transaction, KekId key, CancellationToken cancellationToken)
    {
        var unused = string.Join("", EnvelopeTable.All.Select(static table => $" and not exists (select from axvault.{table.Name} t where t.key_id = k.key_id)"));
        string[] statements =
        [
            "delete from axvault.audit_key k where k.wrapped_by <> $1 and (k.key_id = $1 or exists (select from axvault.audit_key c where c.key_id = k.key_id and c.wrapped_by = $1))",
            $"delete from axvault.vault_key k where k.key_id <> $1{unused}",
        ];
        foreach (var statement in statements)
        {
            await using var command = new NpgsqlCommand(statement, transaction.Connection, transaction);
            command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = key.ToArray() });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
