using Axvault.Api.Encryption;
using Npgsql;

namespace Axvault.Api.Rotation;

/// <summary>The rows with a MAC that a rotation moves, in PostgreSQL.</summary>
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
