using System.Collections.Concurrent;
using System.Diagnostics;
using Axvault.Api.Chain;
using Axvault.Api.Telemetry;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>
/// Makes changes of one statement each. The first caller makes the first one. The changes that come meanwhile gather, and share the next transaction: one
/// append and one commit. Thread-safe.
/// </summary>
internal sealed class ChangeGroups(Ledger ledger)
{
    private const int MaxGroup = 64;

    // A change that waits longer for a lock leaves its group, and does not delay the others. The append after them has no such limit.
    private static readonly ChangeStep LimitLocks = Limit("50ms");
    private static readonly ChangeStep LimitNothing = Limit("0");

    private readonly ConcurrentQueue<WaitingChange> _waiting = new();

    // 1 while a caller makes changes.
    private int _isMaking;

    /// <summary>Makes a change together with <paramref name="entry"/>. Returns when it is committed. There is no cancellation.</summary>
    /// <exception cref="PostgresException">The database refuses the statement. Nothing was changed.</exception>
    /// <exception cref="StaleReadException">A cached row that decided the change has changed. Nothing was changed.</exception>
    /// <exception cref="AuditUnavailableException">The entry cannot be written, or the outcome is unknown.</exception>
    public async Task MakeAsync(AuditEntry entry, ChangeStep step)
    {
        using var span = AuditTelemetry.StartCommit();
        var waiting = new WaitingChange(entry, step);
        _waiting.Enqueue(waiting);
        Begin();
        try
        {
            await waiting.Made.Task;
        }
        catch (Exception exception)
        {
            span.Fail(exception);
            throw;
        }
    }

    // The caller that finds no one making changes begins at once, on its own thread.
    private void Begin()
    {
        if (!_waiting.IsEmpty && Interlocked.Exchange(ref _isMaking, 1) == 0)
        {
            _ = RunAsync();
        }
    }

    private async Task RunAsync()
    {
        // The statements belong to many requests, and not to the one that began.
        Activity.Current = null;
        while (TakeGroup() is { Count: > 0 } group)
        {
            await MakeAsync(group);
            // Let the answered callers run first, and new changes arrive: the next group is larger by them.
            await Task.Yield();
        }

        Interlocked.Exchange(ref _isMaking, 0);
        // A change may have come since the last look.
        Begin();
    }

    private List<WaitingChange> TakeGroup()
    {
        List<WaitingChange> group = [];
        while (group.Count < MaxGroup && _waiting.TryDequeue(out var waiting))
        {
            group.Add(waiting);
        }

        // The groups of all servers lock their rows in the same order, so that two never wait for each other.
        group.Sort(static (one, other) => string.CompareOrdinal(one.Entry.Target, other.Entry.Target));
        return group;
    }

    // A refused change rolls its whole group back. The others are made without it.
    private async Task MakeAsync(List<WaitingChange> group)
    {
        while (group.Count > 0)
        {
            try
            {
                await CommitAsync(group, [LimitLocks, .. group.Select(static waiting => waiting.Step), LimitNothing]);
                group.ForEach(static waiting => waiting.Made.TrySetResult());
                return;
            }
            catch (StepRefusedException exception) when (exception.Place > 0 && exception.Place <= group.Count)
            {
                var refused = group[exception.Place - 1];
                group.Remove(refused);
                if (exception.Refusal.SqlState == PostgresErrorCodes.LockNotAvailable)
                {
                    _ = MakeAloneAsync(refused);
                }
                else
                {
                    refused.Made.TrySetException(exception.Refusal);
                }
            }
            catch (StaleReadException exception)
            {
                // The cached row is one of these. Their calls are decided anew.
                Refuse(group, static waiting => waiting.Step.Confirmations is not null, exception);
            }
            catch (Exception exception)
            {
                // On any exception the callers must be told, and the next group must be made.
                Refuse(group, static _ => true, exception);
            }
        }
    }

    // Waits for its lock as long as any statement.
    private async Task MakeAloneAsync(WaitingChange waiting)
    {
        try
        {
            await CommitAsync([waiting], [waiting.Step]);
            waiting.Made.TrySetResult();
        }
        catch (Exception exception)
        {
            // The caller is told.
            waiting.Made.TrySetException(CauseOf(exception));
        }
    }

    private static ChangeStep Limit(string limit) => new(() => LaneStore.LimitLocks(limit), static _ => Task.CompletedTask, null);

    private Task<bool> CommitAsync(List<WaitingChange> group, List<ChangeStep> steps) =>
        ledger.ChangeAsync(
            async change =>
            {
                await change.CommitAsync([.. group.Select(static waiting => waiting.Entry)], steps);
                return true;
            },
            CancellationToken.None
        );

    private static void Refuse(List<WaitingChange> group, Predicate<WaitingChange> isRefused, Exception exception)
    {
        foreach (var waiting in group.FindAll(isRefused))
        {
            waiting.Made.TrySetException(CauseOf(exception));
        }

        group.RemoveAll(isRefused);
    }

    private static Exception CauseOf(Exception exception) => exception is StepRefusedException refused ? refused.Refusal : exception;

    private sealed class WaitingChange(AuditEntry entry, ChangeStep step)
    {
        public AuditEntry Entry => entry;

        public ChangeStep Step => step;

        public TaskCompletionSource Made { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
