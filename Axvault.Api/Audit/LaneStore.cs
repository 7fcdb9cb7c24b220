using Axvault.Api.Chain;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>The open lanes in PostgreSQL. Lanes are opened and closed only together with the checkpoint that says so.</summary>
internal sealed class LaneStore(NpgsqlDataSource database)
{
    /// <summary>The statement that appends entries to a lane. <see cref="EntryAppend"/> has its parameters.</summary>
    public const string Append = """
        select clock, stale_keys, stale_names
        from axvault.audit_append(
          $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)
        """;

    /// <summary>Makes the statement that limits how long the following ones of a transaction wait for a lock.</summary>
    /// <param name="limit">The limit, as PostgreSQL writes it; <c>0</c> for none.</param>
    public static NpgsqlBatchCommand LimitLocks(string limit)
    {
        var command = new NpgsqlBatchCommand("select set_config('lock_timeout', $1, true)");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = limit });
        return command;
    }

    /// <summary>Opens a lane of <paramref name="server"/> in <paramref name="transaction"/>.</summary>
    public static async Task InsertAsync(NpgsqlTransaction transaction, Guid server, LaneHead head, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "insert into axvault.lane (id, server, sequence, at, mac) values ($1, $2, $3, $4, $5)",
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = head.Lane });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = server });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = head.Sequence });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = head.At });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = head.Mac });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Returns a new number for a lane.</summary>
    public static async Task<long> NextAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select nextval('axvault.lane_id')", transaction.Connection, transaction);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Removes the lanes of <paramref name="server"/> in <paramref name="transaction"/>, and returns their heads.</summary>
    public static async Task<List<LaneHead>> RemoveOfAsync(NpgsqlTransaction transaction, Guid server, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "delete from axvault.lane where server = $1 returning id, sequence, at, mac",
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = server });
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>Removes every lane in <paramref name="transaction"/>, and returns their heads. Their servers open new ones when they need them.</summary>
    public static async Task<List<LaneHead>> RemoveAllAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("delete from axvault.lane returning id, sequence, at, mac", transaction.Connection, transaction);
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>
    /// Removes in <paramref name="transaction"/> the lanes of servers that have left the fleet, and returns their heads. A lane with an append under way is
    /// left to the next time.
    /// </summary>
    /// <remarks>A lane stays for a minute: its server may report to the fleet after it has opened the lane.</remarks>
    public static async Task<List<LaneHead>> RemoveAbandonedAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            delete from axvault.lane
            where id in (
              select l.id from axvault.lane l
              where l.opened_at < clock_timestamp() - interval '1 minute' and not exists (select from axvault.server s where s.id = l.server)
              for update skip locked)
            returning id, sequence, at, mac
            """,
            transaction.Connection,
            transaction
        );
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>
    /// Returns the lanes whose head is not that of their newest event in a checkpoint, each with the sequence of that event; 0 when it was dropped. No lane is
    /// locked.
    /// </summary>
    public static async Task<List<(LaneHead Head, long Recorded)>> FindMovedAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select l.id, l.sequence, l.at, l.mac, coalesce(last.sequence, 0)
            from axvault.lane l
            left join lateral (
              select c.sequence from axvault.checkpoint_lane c where c.lane = l.id order by c.number desc limit 1) as last on true
            where l.sequence <> coalesce(last.sequence, 0)
            """,
            transaction.Connection,
            transaction
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<(LaneHead, long)> moved = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            moved.Add((Read(reader), reader.GetInt64(4)));
        }

        return moved;
    }

    /// <summary>
    /// Returns the head of a lane, after every append to it that is under way has ended; and <see langword="true"/> when the lane is open. Returns
    /// <see langword="null"/> when there is no such lane.
    /// </summary>
    public async Task<(LaneHead Head, bool IsOpen)?> FindAsync(long lane, CancellationToken cancellationToken)
    {
        // The lock is a write: its commit waits until a synchronous standby has everything before it.
        await using var open = database.CreateCommand("select id, sequence, at, mac from axvault.lane where id = $1 for no key update");
        open.Parameters.Add(new NpgsqlParameter<long> { TypedValue = lane });
        if (await ReadAsync(open, cancellationToken) is [var head])
        {
            return (head, true);
        }

        await using var closed = database.CreateCommand(
            """
            select l.lane, l.sequence, c.at, l.mac
            from axvault.checkpoint_lane l join axvault.checkpoint c on c.number = l.number
            where l.lane = $1 and l.event = 'closed'
            """
        );
        closed.Parameters.Add(new NpgsqlParameter<long> { TypedValue = lane });
        return await ReadAsync(closed, cancellationToken) is [var last] ? (last, false) : null;
    }

    private static async Task<List<LaneHead>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<LaneHead> heads = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            heads.Add(Read(reader));
        }

        return heads;
    }

    private static LaneHead Read(NpgsqlDataReader reader) =>
        new(reader.GetInt64(0), reader.GetInt64(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetFieldValue<byte[]>(3));
}
