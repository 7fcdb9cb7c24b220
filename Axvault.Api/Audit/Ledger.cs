using System.Data;
using Axvault.Api.Chain;
using Axvault.Api.Database;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>
/// Makes changes, each in one transaction with its audit entries. A change and its entries are both there, or neither.
/// </summary>
internal sealed class Ledger(
    NpgsqlDataSource database,
    StatementPreparation preparation,
    LanePool lanes,
    ChangeCommitter committer,
    AuditState state,
    TimeProvider time
)
{
    // A change is made again only when it certainly was not made.
    private const int MaxTries = 3;

    // After this time the database ends the transaction of a paused server (LockLimit), and others change its rows. Made again, the change could undo that.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    /// <summary>Makes a change.</summary>
    /// <param name="make">
    /// Runs the statements, and ends with a commit of the <see cref="Change"/>. Without a commit everything is rolled back. It may run again.
    /// </param>
    /// <param name="cancellationToken">Ends the statements.</param>
    /// <exception cref="AuditUnavailableException">The entries cannot be written, or the outcome is unknown.</exception>
    public Task<T> ChangeAsync<T>(Func<Change, Task<T>> make, CancellationToken cancellationToken)
    {
        if (state.IsBlocked)
        {
            state.Refuse();
            throw new AuditUnavailableException(AuditBlockage.Message);
        }

        return MakeAsync(make, notes: false, cancellationToken);
    }

    /// <summary>As <see cref="ChangeAsync"/>, for a change that is made also while entries cannot be written. Its entry is then written as a note.</summary>
    public async Task<T> ForceChangeAsync<T>(Func<Change, Task<T>> make, CancellationToken cancellationToken)
    {
        if (state.IsBlocked)
        {
            return await MakeAsync(make, notes: true, cancellationToken);
        }

        try
        {
            return await MakeAsync(make, notes: false, cancellationToken);
        }
        catch (AuditUnavailableException)
        {
            return await MakeAsync(make, notes: true, cancellationToken);
        }
    }

    private async Task<T> MakeAsync<T>(Func<Change, Task<T>> make, bool notes, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await MakeOnceAsync(make, notes ? null : await RentAsync(cancellationToken), cancellationToken);
            }
            catch (ChangeNotMadeException exception) when (tries == MaxTries)
            {
                throw new AuditUnavailableException(AuditBlockage.Message, exception.InnerException!);
            }
            catch (Exception exception) when (tries < MaxTries && MayMakeAgain(exception))
            {
                // Rolled back: another transaction was in the way, the lane was closed, the month had no partition yet, or the connection was lost before the
                // commit.
            }
        }
    }

    private async Task<LaneHead> RentAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await lanes.RentAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.InvariantSeverity == "ERROR" && !MayMakeAgain(exception))
        {
            throw new AuditUnavailableException(AuditBlockage.Message, exception);
        }
    }

    private async Task<T> MakeOnceAsync<T>(Func<Change, Task<T>> make, LaneHead? lane, CancellationToken cancellationToken)
    {
        Change? change = null;
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
            // The waits for a lane and for a connection do not count: no transaction was open that the database could have ended.
            var start = time.GetTimestamp();
            change = new Change(transaction, committer, lane);
            try
            {
                return await make(change);
            }
            catch (ChangeNotMadeException exception) when (time.GetElapsedTime(start) >= Limit)
            {
                // Not AuditUnavailableException: entries can be written.
                throw new TimeoutException("The change was not made in time.", exception.InnerException);
            }
        }
        finally
        {
            if (lane is not null)
            {
                lanes.Return(change is null ? lane : change.Lane);
            }
        }
    }

    private bool MayMakeAgain(Exception exception) =>
        exception is ChangeNotMadeException
        || (exception is StepRefusedException { Refusal: var refusal } && MayMakeAgain(refusal))
        || DatabaseFault.IsConflict(exception)
        || DatabaseFault.IsLostConnection(exception)
        || preparation.IsLost(exception);
}
