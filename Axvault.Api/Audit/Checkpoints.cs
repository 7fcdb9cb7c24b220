using System.Data;
using Axvault.Api.Chain;
using Axvault.Api.Database;
using Axvault.Api.Encryption;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>
/// Writes checkpoints: they open and close lanes, and record the heads of lanes that have moved. Each is a transaction under the lock of the checkpoints.
/// </summary>
internal sealed class Checkpoints(
    NpgsqlDataSource database,
    Vault vault,
    ChainKeyRing chainKeys,
    DatabaseClock clock,
    RollbackAlarm alarm,
    AuditBlockage blockage
)
{
    private volatile CheckpointHead? _newest;

    /// <summary>The newest checkpoint that this server knows; <see langword="null"/> before the first.</summary>
    public CheckpointHead? Newest => _newest;

    /// <summary>Opens a lane of this server.</summary>
    /// <exception cref="AuditUnavailableException">A rotation that this server missed has retired its key.</exception>
    /// <exception cref="NpgsqlException">The database does not answer, or refuses it.</exception>
    public async Task<LaneHead> OpenLaneAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        await CheckpointStore.LockAsync(transaction, cancellationToken);
        var lane = await LaneStore.NextAsync(transaction, cancellationToken);
        var checkpoint = (await AppendAsync(transaction, [new LaneEvent(lane, LaneEventKind.Opened, 0, [])], [], cancellationToken))!;
        var head = new LaneHead(lane, 0, checkpoint.At, checkpoint.Mac);
        await LaneStore.InsertAsync(transaction, vault.Server.Id, head, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        _newest = checkpoint;
        return head;
    }

    /// <summary>Closes the lanes of this server.</summary>
    public async Task CloseLanesAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        await CheckpointStore.LockAsync(transaction, cancellationToken);
        var closed = await LaneStore.RemoveOfAsync(transaction, vault.Server.Id, cancellationToken);
        if (await AppendAsync(transaction, closed.Select(static head => LaneEvent.Of(head, LaneEventKind.Closed)), [], cancellationToken) is { } checkpoint)
        {
            await transaction.CommitAsync(cancellationToken);
            _newest = checkpoint;
        }
    }

    /// <summary>
    /// Records the heads of all lanes that have moved, and closes the lanes of servers that are gone. When another server does it, nothing is done.
    /// </summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        if (!await CheckpointStore.TryLockAsync(transaction, cancellationToken))
        {
            return;
        }

        var closed = await LaneStore.RemoveAbandonedAsync(transaction, cancellationToken);
        var newest =
            await AppendAsync(transaction, closed.Select(static head => LaneEvent.Of(head, LaneEventKind.Closed)), [], cancellationToken)
            ?? await ReadHeadAsync(transaction, chainKeys.Keys, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        _newest = newest;
    }

    /// <summary>
    /// Closes every lane in <paramref name="transaction"/>, and retires the chain keys of all KEKs but <paramref name="current"/>. No entry with a retired key
    /// can follow, because no lane is left that one could be linked to. The transaction holds the lock of the checkpoints.
    /// </summary>
    public async Task RetireAsync(NpgsqlTransaction transaction, KeyEncryptionKey current, CancellationToken cancellationToken)
    {
        var closed = await LaneStore.RemoveAllAsync(transaction, cancellationToken);
        List<KekId> retired = [.. chainKeys.Keys.Keys.Keys.Where(kek => kek != current.Id)];
        var events = closed.Select(static head => LaneEvent.Of(head, LaneEventKind.Closed));
        if (await AppendAsync(transaction, events, retired, cancellationToken) is not { } checkpoint)
        {
            return;
        }

        if (await CutStore.FindAsync(transaction, cancellationToken) is var (cut, kek, seal) && LedgerSeal.IsOfCut(cut, kek, seal, chainKeys.Keys))
        {
            // A retired key seals no cut. A forged record stays as it is, and verification finds it.
            await CutStore.WriteAsync(transaction, cut, current.Id, LedgerSeal.OfCut(cut, current.ChainKey), cancellationToken);
        }

        await chainKeys.RetireAsync(transaction, current, checkpoint.Number, cancellationToken);
    }

    // Every checkpoint records the lanes that have moved. Returns null, and writes nothing, when there is nothing to say.
    private async Task<CheckpointHead?> AppendAsync(
        NpgsqlTransaction transaction,
        IEnumerable<LaneEvent> lanes,
        List<KekId> retired,
        CancellationToken cancellationToken
    )
    {
        var moved = await LaneStore.FindMovedAsync(transaction, cancellationToken);
        foreach (var (lane, recorded) in moved.Where(static lane => lane.Head.Sequence < lane.Recorded))
        {
            alarm.LaneIsOlder(lane.Lane, recorded, lane.Sequence);
        }

        List<LaneEvent> events =
        [
            .. lanes,
            .. moved.Where(static lane => lane.Head.Sequence > lane.Recorded).Select(static lane => LaneEvent.Of(lane.Head, LaneEventKind.Moved)),
        ];
        if (events.Count == 0 && retired.Count == 0)
        {
            return null;
        }

        var keys = chainKeys.Keys;
        var head = await ReadHeadAsync(transaction, keys, cancellationToken);
        var checkpoint = LedgerMac.Link(head, events, retired, keys, clock.Now);
        await CheckpointStore.InsertAsync(transaction, checkpoint, cancellationToken);
        return checkpoint.ToHead();
    }

    // The lock of the checkpoints is held, so no rotation retires the key before the transaction ends.
    private async Task<CheckpointHead> ReadHeadAsync(NpgsqlTransaction transaction, ChainKeys keys, CancellationToken cancellationToken)
    {
        if (await chainKeys.IsRetiredAsync(transaction, keys.CurrentId, cancellationToken))
        {
            var failure = new AuditUnavailableException(
                $"AXVAULT_ENCRYPTION_KEY: the key {keys.CurrentId} was retired by a key rotation that this server missed. "
                    + "A server with the new key changes to it by itself. Otherwise set the new key, and restart this server."
            );
            blockage.Begin(failure);
            throw failure;
        }

        var (head, now) = await CheckpointStore.ReadHeadAsync(transaction, chainKeys.Genesis, cancellationToken);
        clock.Set(now);
        if (_newest is { } known && (head.Number < known.Number || (head.Number == known.Number && !head.Is(known))))
        {
            alarm.CheckpointIsOlder(known.Number, head.Number);
            _newest = head;
        }

        return head;
    }
}
