using Axvault.Api.Database;
using Axvault.Api.Encryption;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Rotation;

/// <summary>
/// The rotation in PostgreSQL: its claim, its state, and the rows that it moves. The claim is a row, not a lock of a session, so it works behind a
/// transaction-pooling proxy. No lock is held while this server computes or waits for the network.
/// </summary>
internal sealed class RotationStore(NpgsqlDataSource database)
{
    /// <summary>
    /// The condition that every server encrypts with the KEK <c>$2</c>. A server registers before it writes. A statement that runs after its rows were seen
    /// therefore sees its registration, too.
    /// </summary>
    public const string Settled = "not exists (select from axvault.server where encrypts_with <> $2)";

    // Every table whose rows are under a KEK.
    private static IEnumerable<string> Tables =>
        EnvelopeTable.All.Select(static table => table.Name).Concat(SealedTable.All.Select(static table => table.Name));

    /// <summary>Returns the progress of the rotation.</summary>
    public async Task<RotationState> FindAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select kek_id, finished_at is not null, reencrypted, unreadable from axvault.rotation");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new RotationState(
                reader.IsDBNull(0) ? null : KekId.Read(reader.GetFieldValue<byte[]>(0)),
                reader.GetBoolean(1),
                reader.GetInt64(2),
                reader.GetInt64(3)
            )
            : new RotationState(null, IsFinished: false, 0, 0);
    }

    /// <summary>
    /// Claims the rotation to <paramref name="kek"/> for <paramref name="server"/>, or prolongs its claim. Returns <see langword="false"/> when another
    /// server holds the claim, or encrypts with another KEK. A claim for longer than <paramref name="lease"/> comes from no server, and does not count.
    /// </summary>
    public async Task<bool> ClaimAsync(ServerIdentity server, KekId kek, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            update axvault.rotation
            set claimed_by = $1, claimed_until = clock_timestamp() + $3
            where (claimed_by is null or claimed_by = $1 or claimed_until <= clock_timestamp() or claimed_until > clock_timestamp() + $3) and {Settled}
            """
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = server.Id });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = kek.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = lease, NpgsqlDbType = NpgsqlDbType.Interval });
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Releases the claim of <paramref name="server"/>, if it holds it.</summary>
    public async Task ReleaseAsync(ServerIdentity server, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("update axvault.rotation set claimed_by = null, claimed_until = null where claimed_by = $1");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = server.Id });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Records <paramref name="kek"/> as the KEK of all rows, when the vault never had another one. No row needs to move then.</summary>
    /// <returns><see langword="true"/> when the KEK was recorded; otherwise <see langword="false"/>.</returns>
    public async Task<bool> AdoptAsync(KekId kek, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            update axvault.rotation
            set kek_id = $1, started_at = clock_timestamp(), finished_at = clock_timestamp()
            where kek_id is null and not exists (select from axvault.kek where kek_id <> $1)
            """
        );
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = kek.ToArray() });
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>
    /// Begins the rotation to <paramref name="kek"/> in <paramref name="transaction"/>. Returns <see langword="false"/> when <paramref name="server"/> does
    /// not hold the claim, or the fleet is not settled any more.
    /// </summary>
    public static async Task<bool> BeginAsync(NpgsqlTransaction transaction, ServerIdentity server, KekId kek, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            update axvault.rotation
            set kek_id = $2, started_at = clock_timestamp(), finished_at = null, reencrypted = 0, unreadable = 0
            where claimed_by = $1 and {Settled}
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = server.Id });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = kek.ToArray() });
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Ends the rotation to <paramref name="kek"/> in <paramref name="transaction"/>, unless a server encrypts with another KEK.</summary>
    /// <returns><see langword="true"/> when the rotation was ended; otherwise <see langword="false"/>.</returns>
    public static async Task<bool> FinishAsync(
        NpgsqlTransaction transaction,
        ServerIdentity server,
        KekId kek,
        long unreadable,
        CancellationToken cancellationToken
    )
    {
        await Migrator.LockAsync(transaction, cancellationToken);
        await using var finish = new NpgsqlCommand(
            $"""
            update axvault.rotation
            set finished_at = clock_timestamp(), unreadable = $3
            where claimed_by = $1 and kek_id = $2 and finished_at is null and {Settled}
            """,
            transaction.Connection,
            transaction
        );
        finish.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = server.Id });
        finish.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = kek.ToArray() });
        finish.Parameters.Add(new NpgsqlParameter<long> { TypedValue = unreadable });
        return await finish.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Removes in <paramref name="transaction"/> the KEKs that nothing is encrypted under, and whose chain keys are stored.</summary>
    public static async Task RemoveUnusedKeksAsync(NpgsqlTransaction transaction, KekId kek, CancellationToken cancellationToken)
    {
        var unused = string.Join(
            "",
            Tables.Select(static table => $" and not exists (select from axvault.{table} t where t.kek_id = k.kek_id)")
        );
        await using var command = new NpgsqlCommand(
            $"""
            delete from axvault.kek k
            where k.kek_id <> $1 and exists (select from axvault.chain_key c where c.kek_id = k.kek_id){unused}
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = kek.ToArray() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Returns <see langword="true"/> when a row is under another KEK than <paramref name="kek"/>; otherwise <see langword="false"/>.</summary>
    public async Task<bool> HasOthersAsync(KekId kek, CancellationToken cancellationToken)
    {
        // Two index lookups per table. "is distinct from" would read every row.
        var sql = string.Join(
            " or ",
            Tables.Select(static table =>
                $"exists (select from axvault.{table} where kek_id < $1) or exists (select from axvault.{table} where kek_id > $1)"
            )
        );
        await using var command = database.CreateCommand($"select {sql}");
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = kek.ToArray() });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Returns the number of rows under each KEK, by table.</summary>
    public async Task<List<KekCount>> CountAsync(CancellationToken cancellationToken)
    {
        var counts = new List<KekCount>();
        foreach (var table in Tables)
        {
            await using var command = database.CreateCommand(
                $"select kek_id, count(*) from axvault.{table} where kek_id is not null group by kek_id order by kek_id"
            );
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                counts.Add(new KekCount(table, KekId.Read(reader.GetFieldValue<byte[]>(0)), reader.GetInt64(1)));
            }
        }

        return counts;
    }

    /// <summary>Returns the next rows of <paramref name="table"/> that are under <paramref name="keks"/>, in the order of their ids.</summary>
    /// <param name="table">The table.</param>
    /// <param name="keks">The KEKs.</param>
    /// <param name="after">The row after which the batch starts.</param>
    /// <param name="limit">The greatest number of rows.</param>
    /// <param name="bytes">The total size of envelopes, in bytes, after which no further row is added.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public async Task<List<SealedRow>> FindBatchAsync(
        EnvelopeTable table,
        byte[][] keks,
        (Guid VersionId, long Revision) after,
        int limit,
        long bytes,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.CreateCommand(
            $"""
            select row_id, version, name, envelope, type, agent, provider, expires_at
            from (
              select t.{table.VersionId} as row_id, t.{table.Version} as version, {table.CredentialName} as name, t.envelope, {table.Subject},
                sum(octet_length(t.envelope)) over (order by t.{table.VersionId}, t.{table.Version} rows unbounded preceding)
                  - octet_length(t.envelope) as before
              from axvault.{table.Name} t
              where t.kek_id = any ($1) and (t.{table.VersionId}, t.{table.Version}) > ($2, $3)
              order by t.{table.VersionId}, t.{table.Version}
              limit $4) as found
            where before < $5
            order by row_id, version
            """
        );
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = keks });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = after.VersionId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after.Revision });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = bytes });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<SealedRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new SealedRow(reader.GetGuid(0), reader.GetInt64(1), reader.GetString(2), reader.GetFieldValue<byte[]>(3), ReadSubject(reader)));
        }

        return rows;
    }

    private static EnvelopeSubject? ReadSubject(NpgsqlDataReader reader) =>
        reader.IsDBNull(4)
            ? null
            : new EnvelopeSubject(
                reader.GetString(4),
                reader.IsDBNull(5) ? null : reader.GetString(5),
                reader.IsDBNull(6) ? null : reader.GetString(6),
                reader.IsDBNull(7) ? null : reader.GetFieldValue<DateTimeOffset>(7),
                reader.GetInt64(1)
            );

    /// <summary>
    /// Replaces the envelopes of rows of <paramref name="table"/>. A row that has changed since it was read, or that another transaction has locked, is
    /// skipped. The statement waits for no lock.
    /// </summary>
    /// <param name="server">The server that holds the claim. Without the claim no row is moved.</param>
    /// <param name="kek">The KEK of the new envelopes. No row is moved when another server encrypts with another KEK.</param>
    /// <param name="table">The table.</param>
    /// <param name="rows">The rows as they were read, each with its new envelope.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    /// <returns>The number of moved rows.</returns>
    public async Task<long> MoveAsync(
        ServerIdentity server,
        KekId kek,
        EnvelopeTable table,
        IReadOnlyList<(SealedRow Row, byte[] Envelope)> rows,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.CreateCommand(
            $"""
            with taken as materialized (
              select t.{table.VersionId} as row_id, t.{table.Version} as version, n.envelope
              from unnest($3, $4, $5, $6) as n(row_id, version, mark, envelope)
              join axvault.{table.Name} t on t.{table.VersionId} = n.row_id and t.{table.Version} = n.version
              where substring(t.envelope for {Envelope.MarkSize}) = n.mark and exists (select from axvault.rotation where claimed_by = $1) and {Settled}
              for no key update of t skip locked),
            moved as (
              update axvault.{table.Name} t set envelope = taken.envelope from taken
              where t.{table.VersionId} = taken.row_id and t.{table.Version} = taken.version
              returning 1),
            counted as (update axvault.rotation set reencrypted = reencrypted + (select count(*) from moved))
            select count(*) from moved
            """
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = server.Id });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = kek.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. rows.Select(static row => row.Row.VersionId)] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. rows.Select(static row => row.Row.Revision)] });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. rows.Select(static row => row.Row.Envelope[..Envelope.MarkSize])] });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. rows.Select(static row => row.Envelope)] });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
