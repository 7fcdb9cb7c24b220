using Axvault.Api.Chain;
using Axvault.Api.Encryption;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>The place at which the ledger begins, in PostgreSQL, and the removal of what is before it.</summary>
internal static class CutStore
{
    // A month has half a million checkpoints. On a slow disk a statement over them takes longer than one of a request may.
    private const int Unlimited = 0;

    /// <summary>Returns the cut with its seal; <see langword="null"/> when nothing was ever dropped.</summary>
    public static async Task<(LedgerCut Cut, KekId Kek, byte[] Seal)?> FindAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select number, mac, lanes, sequences, macs, kek_id, seal from axvault.audit_cut",
            transaction.Connection,
            transaction
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var (lanes, sequences, macs) = (reader.GetFieldValue<long[]>(2), reader.GetFieldValue<long[]>(3), reader.GetFieldValue<byte[][]>(4));
        return (
            new LedgerCut(
                reader.GetInt64(0),
                reader.GetFieldValue<byte[]>(1),
                [.. lanes.Zip(sequences, macs).Select(static lane => new LaneBase(lane.First, lane.Second, lane.Third))]
            ),
            KekId.Read(reader.GetFieldValue<byte[]>(5)),
            reader.GetFieldValue<byte[]>(6)
        );
    }

    /// <summary>Writes <paramref name="cut"/> in place of the one before, and removes the checkpoints before it.</summary>
    public static async Task WriteAsync(NpgsqlTransaction transaction, LedgerCut cut, KekId kek, byte[] seal, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into axvault.audit_cut (number, mac, lanes, sequences, macs, kek_id, seal) values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (singleton) do update
            set number = excluded.number, mac = excluded.mac, lanes = excluded.lanes, sequences = excluded.sequences, macs = excluded.macs,
                kek_id = excluded.kek_id, seal = excluded.seal, cut_at = clock_timestamp()
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = cut.Number });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = cut.Mac });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. cut.Lanes.Select(static lane => lane.Lane)] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. cut.Lanes.Select(static lane => lane.Sequence)] });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. cut.Lanes.Select(static lane => lane.Mac)] });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = kek.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = seal });
        await command.ExecuteNonQueryAsync(cancellationToken);

        await using var remove = new NpgsqlCommand(
            "with old as (delete from axvault.checkpoint_lane where number <= $1) delete from axvault.checkpoint where number <= $1",
            transaction.Connection,
            transaction
        )
        {
            CommandTimeout = Unlimited,
        };
        remove.Parameters.Add(new NpgsqlParameter<long> { TypedValue = cut.Number });
        await remove.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Returns the newest checkpoint made before <paramref name="time"/>; <see langword="null"/> when there is none.</summary>
    public static async Task<CheckpointHead?> FindCheckpointBeforeAsync(NpgsqlTransaction transaction, DateTimeOffset time, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select number, at, mac from axvault.checkpoint where at < $1 order by number desc limit 1",
            transaction.Connection,
            transaction
        )
        {
            CommandTimeout = Unlimited,
        };
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = time.ToUniversalTime() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new CheckpointHead(reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetFieldValue<byte[]>(2))
            : null;
    }

    /// <summary>Returns the beginnings of the lanes that the checkpoints up to <paramref name="number"/> opened.</summary>
    public static async Task<List<LaneBase>> FindOpenedUntilAsync(NpgsqlTransaction transaction, long number, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select l.lane, l.sequence, c.mac
            from axvault.checkpoint_lane l join axvault.checkpoint c on c.number = l.number
            where l.event = 'opened' and l.number <= $1
            """,
            transaction.Connection,
            transaction
        )
        {
            CommandTimeout = Unlimited,
        };
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = number });
        return await ReadBasesAsync(command, cancellationToken);
    }

    /// <summary>Returns the last entry of each lane in the month that begins at <paramref name="start"/>, in the order of the lanes.</summary>
    public static async Task<List<LaneBase>> FindLastOfAsync(NpgsqlTransaction transaction, DateTimeOffset start, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select distinct on (lane) lane, sequence, mac from axvault.audit_entry where at >= $1 and at < $2 order by lane, sequence desc",
            transaction.Connection,
            transaction
        )
        {
            CommandTimeout = Unlimited,
        };
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = start.ToUniversalTime() });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = start.ToUniversalTime().AddMonths(1) });
        return await ReadBasesAsync(command, cancellationToken);
    }

    /// <summary>Returns the lanes that are open, or that a checkpoint after <paramref name="number"/> names.</summary>
    public static async Task<HashSet<long>> FindLanesAfterAsync(NpgsqlTransaction transaction, long number, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select id from axvault.lane union select lane from axvault.checkpoint_lane where number > $1",
            transaction.Connection,
            transaction
        )
        {
            CommandTimeout = Unlimited,
        };
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = number });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        HashSet<long> lanes = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            lanes.Add(reader.GetInt64(0));
        }

        return lanes;
    }

    private static async Task<List<LaneBase>> ReadBasesAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<LaneBase> bases = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            bases.Add(new LaneBase(reader.GetInt64(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2)));
        }

        return bases;
    }
}
