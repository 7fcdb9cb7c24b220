using Axvault.Api.Chain;
using Axvault.Api.Encryption;
using Npgsql;

namespace Axvault.Api.Rotation;

/// <summary>Rows with a MAC in PostgreSQL: those that a rotation moves, and those of a vault of an older version, which have none yet.</summary>
internal sealed class SealedRowStore(NpgsqlDataSource database)
{
    /// <summary>Returns the next rows of <paramref name="table"/> that are under <paramref name="keks"/>, in the order of their ids.</summary>
    public async Task<List<MacRow>> FindBatchAsync(SealedTable table, byte[][] keks, string after, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            select {table.Selection}, {table.Id} from axvault.{table.Name}
            where kek_id = any ($1) and {table.Id} > $2 collate "C"
            order by {table.Id} collate "C"
            limit $3
            """
        );
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = keks });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = after });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return await ReadAsync(command, table, cancellationToken);
    }

    /// <summary>
    /// Replaces the MACs of rows of <paramref name="table"/>. A row that has changed since it was read, or that another transaction has locked, is skipped.
    /// </summary>
    /// <param name="server">The server that holds the claim. Without the claim no row is moved.</param>
    /// <param name="kek">The KEK of the new MACs. No row is moved when another server encrypts with another KEK.</param>
    /// <param name="table">The table.</param>
    /// <param name="rows">The rows as they were read, each with its new seal.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    /// <returns>The number of moved rows.</returns>
    public async Task<long> MoveAsync(
        ServerIdentity server,
        KekId kek,
        SealedTable table,
        IReadOnlyList<(MacRow Row, RowSeal Seal)> rows,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.CreateCommand(
            $"""
            with taken as materialized (
              select t.{table.Id} as row_id, n.mac
              from unnest($3, $4, $5) as n (row_id, old_mac, mac)
              join axvault.{table.Name} t on t.{table.Id} = n.row_id
              where t.mac = n.old_mac and exists (select from axvault.rotation where claimed_by = $1) and {RotationStore.Settled}
              for no key update of t skip locked),
            moved as (update axvault.{table.Name} t set mac = taken.mac, kek_id = $2 from taken where t.{table.Id} = taken.row_id returning 1),
            counted as (update axvault.rotation set reencrypted = reencrypted + (select count(*) from moved))
            select count(*) from moved
            """
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = server.Id });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = kek.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. rows.Select(static row => row.Row.Id)] });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. rows.Select(static row => row.Row.Seal!.Mac)] });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. rows.Select(static row => row.Seal.Mac)] });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Returns <see langword="true"/> when the ledger has an entry that the rows were sealed; otherwise <see langword="false"/>.</summary>
    public async Task<bool> WereSealedAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select exists (select from axvault.audit_entry where action = $1)");
        command.CommandTimeout = 0;
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = AuditAction.KeySeal });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Seals every row of <paramref name="table"/> in <paramref name="transaction"/>, which holds back every other change of it.</summary>
    /// <returns>The number of rows.</returns>
    public static async Task<int> SealAllAsync(
        NpgsqlTransaction transaction,
        SealedTable table,
        Func<MacRow, RowSeal> seal,
        CancellationToken cancellationToken
    )
    {
        await using var lockTable = new NpgsqlCommand($"lock table axvault.{table.Name} in exclusive mode", transaction.Connection, transaction);
        await lockTable.ExecuteNonQueryAsync(cancellationToken);
        await using var find = new NpgsqlCommand($"select {table.Selection}, {table.Id} from axvault.{table.Name}", transaction.Connection, transaction);
        var rows = (await ReadAsync(find, table, cancellationToken)).ConvertAll(row => (row.Id, Seal: seal(row)));
        await using var write = new NpgsqlCommand(
            $"""
            update axvault.{table.Name} t set mac = n.mac, kek_id = n.kek_id
            from unnest($1, $2, $3) as n (row_id, mac, kek_id)
            where t.{table.Id} = n.row_id
            """,
            transaction.Connection,
            transaction
        );
        write.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. rows.Select(static row => row.Id)] });
        write.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. rows.Select(static row => row.Seal.Mac)] });
        write.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. rows.Select(static row => row.Seal.Kek.ToArray())] });
        return await write.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<List<MacRow>> ReadAsync(NpgsqlCommand command, SealedTable table, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<MacRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var (values, seal) = table.Read(reader);
            rows.Add(new MacRow(reader.GetString(table.Width), values, seal));
        }

        return rows;
    }
}
