using System.Runtime.CompilerServices;
using Axvault.Api.Audit.Reading;
using Axvault.Api.Chain;
using Axvault.Api.Encryption;
using Npgsql;

namespace Axvault.Api.Audit.Verification;

/// <summary>Reads the whole ledger in constant memory, in one transaction, whose snapshot all reads share.</summary>
internal static class VerificationStore
{
    /// <summary>Counts the entries.</summary>
    public static async Task<long> CountAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        const string Sql = "select count(*) from axvault.audit_entry";
        await using var command = new NpgsqlCommand(Sql, transaction.Connection, transaction) { CommandTimeout = 0 };
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Returns the checkpoints after <paramref name="number"/>, in their order.</summary>
    public static async IAsyncEnumerable<Checkpoint> ReadCheckpointsAsync(
        NpgsqlTransaction transaction,
        long number,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            """
            select c.number, c.at, c.kek_id, c.retired, c.mac, l.lane, l.event, l.sequence, l.mac
            from axvault.checkpoint c left join axvault.checkpoint_lane l on l.number = c.number
            where c.number > $1
            order by c.number, l.lane, array_position(array['opened', 'moved', 'closed'], l.event)
            """,
            transaction.Connection,
            transaction
        )
        {
            CommandTimeout = 0,
        };
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = number });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        Checkpoint? checkpoint = null;
        List<LaneEvent> lanes = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            if (checkpoint?.Number != reader.GetInt64(0))
            {
                if (checkpoint is not null)
                {
                    yield return checkpoint;
                }

                lanes = [];
                checkpoint = ReadCheckpoint(reader, lanes);
            }

            if (!reader.IsDBNull(5))
            {
                lanes.Add(
                    new LaneEvent(reader.GetInt64(5), CheckpointStore.Kind(reader.GetString(6)), reader.GetInt64(7), reader.GetFieldValue<byte[]>(8))
                );
            }
        }

        if (checkpoint is not null)
        {
            yield return checkpoint;
        }
    }

    private static Checkpoint ReadCheckpoint(NpgsqlDataReader reader, IReadOnlyList<LaneEvent> lanes) =>
        new(
            reader.GetInt64(0),
            reader.GetFieldValue<DateTimeOffset>(1),
            KekId.Read(reader.GetFieldValue<byte[]>(2)),
            [.. reader.GetFieldValue<byte[][]>(3).Select(static kek => KekId.Read(kek))],
            lanes,
            reader.GetFieldValue<byte[]>(4)
        );

    /// <summary>
    /// Returns every entry, and what the checkpoints after <paramref name="number"/> and the rows of open lanes say of them, lane by lane. An entry comes once
    /// for each of these, or alone.
    /// </summary>
    public static async IAsyncEnumerable<LaneRecord> ReadLanesAsync(
        NpgsqlTransaction transaction,
        long number,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var columns = string.Join(", ", AuditReadStore.Columns.Split(", ").Select(static column => $"e.{column}"));
        await using var command = new NpgsqlCommand(
            $"""
            select {columns}, m.lane, m.sequence, m.number, m.event, m.mac, m.checkpoint_mac
            from axvault.audit_entry e
            full join (
              select l.lane, l.sequence, l.number, l.event, l.mac, c.mac as checkpoint_mac
              from axvault.checkpoint_lane l join axvault.checkpoint c on c.number = l.number
              where l.number > $1
              union all
              select id, sequence, 9223372036854775807, 'open', mac, null from axvault.lane) as m
              on m.lane = e.lane and m.sequence = e.sequence
            order by coalesce(e.lane, m.lane), coalesce(e.sequence, m.sequence), e.at, m.number,
              array_position(array['opened', 'moved', 'closed', 'open'], m.event)
            """,
            transaction.Connection,
            transaction
        )
        {
            CommandTimeout = 0,
        };
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = number });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return new LaneRecord(reader.IsDBNull(0) ? null : AuditReadStore.Read(reader), reader.IsDBNull(17) ? null : ReadMark(reader));
        }
    }

    private static LaneMark ReadMark(NpgsqlDataReader reader) =>
        new(
            reader.GetInt64(17),
            reader.GetInt64(18),
            reader.GetInt64(19),
            reader.GetString(20) is var name && name == "open" ? null : CheckpointStore.Kind(name),
            reader.GetFieldValue<byte[]>(21),
            reader.IsDBNull(22) ? [] : reader.GetFieldValue<byte[]>(22)
        );
}

/// <summary>An entry, and what is said of it elsewhere. One of them may be missing.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Mark">The record of the lane, in a checkpoint or in its row.</param>
internal sealed record LaneRecord(ChainedEntry? Entry, LaneMark? Mark)
{
    /// <summary>The lane.</summary>
    public long Lane => Entry?.Lane ?? Mark!.Lane;
}

/// <summary>A record of a lane, in a checkpoint or in its row.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="Sequence">The number of its newest entry.</param>
/// <param name="Number">The number of the checkpoint.</param>
/// <param name="Kind">The event; <see langword="null"/> for the row of an open lane.</param>
/// <param name="Mac">The MAC of the newest entry.</param>
/// <param name="CheckpointMac">The MAC of the checkpoint.</param>
internal sealed record LaneMark(long Lane, long Sequence, long Number, LaneEventKind? Kind, byte[] Mac, byte[] CheckpointMac);
