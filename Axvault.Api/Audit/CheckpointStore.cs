using Axvault.Api.Chain;
using Axvault.Api.Database;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>The chain of checkpoints in PostgreSQL.</summary>
internal static class CheckpointStore
{
    // The key of the advisory lock under which checkpoints are written: "axvault", 2.
    private const long AdvisoryLock = 0x6178_7661_756c_7402;

    /// <summary>Waits for the lock of the checkpoints, and holds it until <paramref name="transaction"/> ends.</summary>
    public static async Task LockAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"select pg_advisory_xact_lock($1), {LockLimit.OfRows}", transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = AdvisoryLock });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>As <see cref="LockAsync"/>, without waiting.</summary>
    /// <returns><see langword="true"/> when this transaction has the lock; otherwise <see langword="false"/>.</returns>
    public static async Task<bool> TryLockAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"select pg_try_advisory_xact_lock($1), {LockLimit.OfRows}", transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = AdvisoryLock });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Returns the newest checkpoint and the database's time. Without one, it is the last dropped checkpoint, else the beginning.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="genesis">The MAC before the first checkpoint.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    public static async Task<(CheckpointHead Head, DateTimeOffset Clock)> ReadHeadAsync(
        NpgsqlTransaction transaction,
        byte[] genesis,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            """
            select number, at, mac, clock_timestamp()
            from (
              (select number, at, mac from axvault.checkpoint order by number desc limit 1)
              union all
              select number, cut_at, mac from axvault.audit_cut
              union all
              select 0, 'epoch', $1) as newest
            order by number desc
            limit 1
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = genesis });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (
            new CheckpointHead(reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetFieldValue<byte[]>(2)),
            reader.GetFieldValue<DateTimeOffset>(3)
        );
    }

    /// <summary>Writes <paramref name="checkpoint"/> in <paramref name="transaction"/>.</summary>
    public static async Task InsertAsync(NpgsqlTransaction transaction, Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            with made as (insert into axvault.checkpoint (number, at, kek_id, retired, mac) values ($1, $2, $3, $4, $5))
            insert into axvault.checkpoint_lane (number, lane, event, sequence, mac)
            select $1, l.lane, l.event, l.sequence, l.mac from unnest($6, $7, $8, $9) as l (lane, event, sequence, mac)
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = checkpoint.Number });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = checkpoint.At });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = checkpoint.Kek.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. checkpoint.Retired.Select(static kek => kek.ToArray())] });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = checkpoint.Mac });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. checkpoint.Lanes.Select(static lane => lane.Lane)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. checkpoint.Lanes.Select(static lane => Name(lane.Kind))] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. checkpoint.Lanes.Select(static lane => lane.Sequence)] });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. checkpoint.Lanes.Select(static lane => lane.Mac)] });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Returns the stored name of <paramref name="kind"/>.</summary>
    public static string Name(LaneEventKind kind) =>
        kind switch
        {
            LaneEventKind.Opened => "opened",
            LaneEventKind.Moved => "moved",
            _ => "closed",
        };

    /// <summary>Returns the event with the stored <paramref name="name"/>.</summary>
    public static LaneEventKind Kind(string name) =>
        name switch
        {
            "opened" => LaneEventKind.Opened,
            "moved" => LaneEventKind.Moved,
            _ => LaneEventKind.Closed,
        };
}
