using Axvault.Api.Chain;
using Axvault.Api.Telemetry;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>Commits a change: appends its entries and commits in one round trip. After a lost answer it finds out what became of it.</summary>
internal sealed class ChangeCommitter(
    LanePool lanes,
    EntryAppend append,
    Checkpoints checkpoints,
    LaneSettlement settlement,
    ChangeNotes notes,
    ChainKeyRing chainKeys,
    ChangeFaults faults
)
{
    /// <summary>Commits <paramref name="change"/> with <paramref name="entries"/>.</summary>
    /// <param name="change">The change. Its lane is set to the new head.</param>
    /// <param name="entries">The entries.</param>
    /// <param name="steps">The last statements of the change, in the same round trip.</param>
    /// <param name="last">Runs between the append and the commit, and closes all lanes; <see langword="null"/> for nothing.</param>
    /// <exception cref="ChangeNotMadeException">The change was not made. It may be made again.</exception>
    /// <exception cref="StepRefusedException">The database refuses a step. Nothing was changed.</exception>
    /// <exception cref="AuditUnavailableException">The entries cannot be written, or the outcome is unknown.</exception>
    public async Task CommitAsync(Change change, IReadOnlyList<AuditEntry> entries, IReadOnlyList<ChangeStep> steps, Func<Task>? last)
    {
        if (change.Lane is not { } lane)
        {
            await notes.CommitAsync(change.Transaction, entries);
            return;
        }

        using var span = AuditTelemetry.StartCommit();
        var linked = LedgerMac.Link(lane, entries, checkpoints.Newest!.Number, chainKeys.Keys, append.Now);
        var (connection, sent) = (change.Transaction.Connection!, linked[^1].ToHead());
        change.Lane = null;
        try
        {
            await append.RunAsync(connection, lane, linked, steps, commits: last is null);
            if (last is not null)
            {
                await last();
                await change.Transaction.CommitAsync(CancellationToken.None);
            }

            change.Lane = last is null ? sent : null;
        }
        catch (StepRefusedException exception)
        {
            change.Lane = lane;
            span.Fail(exception);
            throw;
        }
        catch (PostgresException exception) when (IsRolledBack(exception))
        {
            change.Lane = lane;
            span.Fail(exception);
            await connection.CloseAsync();
            throw EntryAppend.IsStale(exception) ? new StaleReadException() : await faults.ExplainAsync(exception);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or IOException)
        {
            span.Fail(exception);
            // The settlement takes a connection of the pool, which may have no other.
            await connection.CloseAsync();
            var settled = await SettleAsync(lane, sent, exception);
            change.Lane = settled.Lane;
            if (!settled.IsMade)
            {
                throw new ChangeNotMadeException(exception);
            }
        }

        notes.Tell(entries);
    }

    // The database has rolled the change back, and the lane is as it was.
    private static bool IsRolledBack(Exception exception) =>
        exception is PostgresException { InvariantSeverity: "ERROR" } && !EntryAppend.IsLaneLost(exception);

    private async Task<SettledAppend> SettleAsync(LaneHead lane, LaneHead sent, Exception failure)
    {
        try
        {
            var settled = await settlement.SettleAsync(lane, sent, CancellationToken.None);
            if (settled.Lane is null)
            {
                lanes.Forget();
            }

            return settled;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or IOException)
        {
            faults.Begun(failure);
            throw new AuditUnavailableException("The outcome of the change is unknown.", failure);
        }
    }
}
