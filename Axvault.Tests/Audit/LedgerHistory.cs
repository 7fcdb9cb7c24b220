using Axvault.Api.Audit;
using Axvault.Api.Audit.Reading;
using Axvault.Api.Chain;
using Axvault.Api.Encryption;
using Npgsql;

namespace Axvault.Tests.Audit;

/// <summary>Writes a ledger with chosen times and keys: the past of a server, or the work of an attacker who has a key.</summary>
internal sealed class LedgerHistory(AuditLab lab, NpgsqlDataSource database)
{
    // A server that never comes back, and never reports.
    private static readonly Guid Nobody = new("00000000-0000-0000-0000-00000000000a");

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    private ChainKeys Keys => lab.Server.Keys.Keys;

    /// <summary>Opens a lane.</summary>
    public Task<LaneHead> OpenAsync(DateTimeOffset? at = null, ChainKeys? keys = null) =>
        RunAsync(async transaction =>
        {
            var lane = await LaneStore.NextAsync(transaction, CancellationToken);
            var checkpoint = await LinkAsync(transaction, [new LaneEvent(lane, LaneEventKind.Opened, 0, [])], at, keys);
            var head = new LaneHead(lane, 0, checkpoint.At, checkpoint.Mac);
            await LaneStore.InsertAsync(transaction, Nobody, head, CancellationToken);
            return head;
        });

    /// <summary>Appends <paramref name="count"/> entries to a lane, and returns its head.</summary>
    public Task<LaneHead> AppendAsync(LaneHead head, int count, DateTimeOffset? at = null, ChainKeys? keys = null) =>
        AppendAsync(head, Enumerable.Range((int)head.Sequence + 1, count).Select(static number => AuditLab.Entry($"entry {number}")), at, keys);

    /// <summary>Appends <paramref name="entries"/> to a lane, and returns its head.</summary>
    public Task<LaneHead> AppendAsync(LaneHead head, IEnumerable<AuditEntry> entries, DateTimeOffset? at = null, ChainKeys? keys = null) =>
        RunAsync(async transaction =>
        {
            var time = at ?? DateTimeOffset.UtcNow;
            await new AuditMonthStore(database).MakeMonthsAsync(time, CancellationToken);
            var (newest, _) = await CheckpointStore.ReadHeadAsync(transaction, lab.Server.Keys.Genesis, CancellationToken);
            var linked = LedgerMac.Link(head, entries, newest.Number, keys ?? Keys, time);
            await using var batch = new NpgsqlBatch(transaction.Connection, transaction);
            batch.BatchCommands.Add(EntryAppend.Make(head, linked, inChange: true, []));
            await batch.ExecuteNonQueryAsync(CancellationToken);
            return linked[^1].ToHead();
        });

    /// <summary>Writes a checkpoint that records the heads of lanes.</summary>
    public Task<Checkpoint> CheckpointAsync(IEnumerable<LaneHead> moved, DateTimeOffset? at = null, ChainKeys? keys = null) =>
        RunAsync(transaction => LinkAsync(transaction, moved.Select(static head => LaneEvent.Of(head, LaneEventKind.Moved)), at, keys));

    /// <summary>Closes a lane.</summary>
    public Task<Checkpoint> CloseAsync(LaneHead head, DateTimeOffset? at = null, ChainKeys? keys = null) =>
        RunAsync(async transaction =>
        {
            await using var command = new NpgsqlCommand("delete from axvault.lane where id = $1", transaction.Connection, transaction);
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = head.Lane });
            await command.ExecuteNonQueryAsync(CancellationToken);
            return await LinkAsync(transaction, [LaneEvent.Of(head, LaneEventKind.Closed)], at, keys);
        });

    /// <summary>Opens and closes <paramref name="count"/> lanes, each with an entry, as that many runs of a server leave them.</summary>
    public Task<bool> OpenAndCloseAsync(int count) =>
        RunAsync(async transaction =>
        {
            var (head, _) = await CheckpointStore.ReadHeadAsync(transaction, lab.Server.Keys.Genesis, CancellationToken);
            var (checkpoints, entries) = (new List<Checkpoint>(), new List<ChainedEntry>());
            foreach (var lane in await AddLanesAsync(transaction, count))
            {
                var opened = LedgerMac.Link(head, [new LaneEvent(lane, LaneEventKind.Opened, 0, [])], [], Keys, DateTimeOffset.UtcNow);
                var linked = LedgerMac.Link(new LaneHead(lane, 0, opened.At, opened.Mac), [AuditLab.Entry("entry")], opened.Number, Keys, opened.At);
                var closed = LedgerMac.Link(opened.ToHead(), [LaneEvent.Of(linked[^1].ToHead(), LaneEventKind.Closed)], [], Keys, opened.At);
                entries.AddRange(linked);
                checkpoints.AddRange([opened, closed]);
                head = closed.ToHead();
            }

            await InsertAsync(transaction, checkpoints);
            await InsertAsync(transaction, entries);
            return true;
        });

    // The rows of closed lanes are dead, and stay until the next vacuum.
    private static async Task<long[]> AddLanesAsync(NpgsqlTransaction transaction, int count)
    {
        await using var command = new NpgsqlCommand(
            """
            with made as (
              insert into axvault.lane (id, server, sequence, at, mac)
              select nextval('axvault.lane_id'), $1, 0, now(), sha256('') from generate_series(1, $2)
              returning id)
            select array_agg(id order by id) from made
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Nobody });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = count });
        var lanes = (long[])(await command.ExecuteScalarAsync(CancellationToken))!;
        await LaneStore.RemoveOfAsync(transaction, Nobody, CancellationToken);
        return lanes;
    }

    // One statement for all of them. The statement of a server writes one.
    private static async Task InsertAsync(NpgsqlTransaction transaction, List<Checkpoint> checkpoints)
    {
        await using var command = new NpgsqlCommand(
            """
            with made as (
              insert into axvault.checkpoint (number, at, kek_id, retired, mac)
              select c.number, c.at, c.kek_id, '{}', c.mac from unnest($1, $2, $3, $4) as c (number, at, kek_id, mac))
            insert into axvault.checkpoint_lane (number, lane, event, sequence, mac)
            select l.number, l.lane, l.event, l.sequence, l.mac from unnest($1, $5, $6, $7, $8) as l (number, lane, event, sequence, mac)
            """,
            transaction.Connection,
            transaction
        );
        List<LaneEvent> lanes = [.. checkpoints.Select(static checkpoint => checkpoint.Lanes[0])];
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. checkpoints.Select(static checkpoint => checkpoint.Number)] });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. checkpoints.Select(static checkpoint => checkpoint.At)] });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. checkpoints.Select(static checkpoint => checkpoint.Kek.ToArray())] });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. checkpoints.Select(static checkpoint => checkpoint.Mac)] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. lanes.Select(static lane => lane.Lane)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. lanes.Select(static lane => CheckpointStore.Name(lane.Kind))] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. lanes.Select(static lane => lane.Sequence)] });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. lanes.Select(static lane => lane.Mac)] });
        await command.ExecuteNonQueryAsync(CancellationToken);
    }

    // All entries have the same content.
    private static async Task InsertAsync(NpgsqlTransaction transaction, List<ChainedEntry> entries)
    {
        await using var command = new NpgsqlCommand(
            $"""
            insert into axvault.audit_entry ({AuditReadStore.Columns})
            select e.lane, 1, e.checkpoint, e.at, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, e.mac
            from unnest($1, $2, $3, $4) as e (lane, checkpoint, at, mac)
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. entries.Select(static entry => entry.Lane)] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. entries.Select(static entry => entry.Checkpoint)] });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. entries.Select(static entry => entry.At)] });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. entries.Select(static entry => entry.Mac)] });
        var same = entries[0].Entry;
        string?[] texts = [same.Action, same.Outcome, same.KeyId, same.KeyName, same.Target, same.ClientAddress, same.UserAgent, same.RequestId, same.TraceId];
        foreach (var text in texts.Concat([same.Reason, same.Server]))
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = text });
        }

        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = entries[0].Kek.ToArray() });
        await command.ExecuteNonQueryAsync(CancellationToken);
    }

    /// <summary>Replaces the record of the last cut by one that is sealed with a key.</summary>
    public Task ForgeCutAsync(LedgerCut cut, KekId kek, byte[] key) =>
        RunAsync(async transaction =>
        {
            await CutStore.WriteAsync(transaction, cut, kek, LedgerSeal.OfCut(cut, key), CancellationToken);
            return true;
        });

    private async Task<Checkpoint> LinkAsync(NpgsqlTransaction transaction, IEnumerable<LaneEvent> lanes, DateTimeOffset? at, ChainKeys? keys)
    {
        var (head, _) = await CheckpointStore.ReadHeadAsync(transaction, lab.Server.Keys.Genesis, CancellationToken);
        var checkpoint = LedgerMac.Link(head, lanes, [], keys ?? Keys, at ?? DateTimeOffset.UtcNow);
        await CheckpointStore.InsertAsync(transaction, checkpoint, CancellationToken);
        return checkpoint;
    }

    private async Task<T> RunAsync<T>(Func<NpgsqlTransaction, Task<T>> run)
    {
        await using var connection = await database.OpenConnectionAsync(CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(CancellationToken);
        await CheckpointStore.LockAsync(transaction, CancellationToken);
        var result = await run(transaction);
        await transaction.CommitAsync(CancellationToken);
        return result;
    }
}
