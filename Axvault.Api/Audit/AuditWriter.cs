using System.Globalization;
using System.Threading.Channels;
using Axvault.Api.Audit.Chain;
using Axvault.Api.Confirmation;
using Axvault.Api.Credentials;
using Axvault.Api.Http;
using Axvault.Api.Telemetry;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>
/// Writes entries to the chain in groups, and the credentials that they tell were put: while one commit is under way the next entries gather, and go into
/// the next one together. Nobody is told that an entry is written before it is committed.
/// </summary>
/// <remarks>
/// Entries are bound to the head as this server knows it, and appended only if it still is the head; of servers that append at once one gets through,
/// and the others bind theirs anew, and then wait for their turn. docs/design/audit.md tells the protocol.
/// </remarks>
internal sealed partial class AuditWriter(
    AuditHeadStore store, AuditAppendStore appends, AuditNoteStore notes, AuditMonthStore months, CredentialStore credentials, AuditSource source, AuditVault vault, AuditClock clock, AuditState state, AuditTelemetry telemetry, TimeProvider time, ILogger<AuditWriter> logger) : IHostedService
{
    private const int MaxTries = 2;

    // How many appends wait for their turn after one that came too late: another server is busy, too.
    private const int Turns = 32;

    private const string Blocked = "The audit log cannot be written. Nothing is handed out until it can.";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxIdle = TimeSpan.FromSeconds(30);

    private readonly Channel<PendingEntry> _queue = Channel.CreateUnbounded<PendingEntry>(new UnboundedChannelOptions { SingleReader = true });
    private volatile ChainHead? _head;
    private ChainHead? _seen;
    private int _turns;
    private Task _running = Task.CompletedTask;

    /// <summary>The newest entry that this server has written or met; <see langword="null"/> before the first.</summary>
    public ChainHead? Head => _head;

    /// <summary>Writes <paramref name="entry"/>; returns when it is committed.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="confirmations">What must still be stored for the entry to be true.</param>
    /// <exception cref="AuditUnavailableException">It cannot be written, or not in time.</exception>
    /// <exception cref="StaleReadException">What must still be stored has changed; nothing was written.</exception>
    public Task WriteAsync(AuditEntry entry, Confirmations? confirmations = null) => WriteAsync(new PendingEntry(entry) { Confirmations = confirmations });

    /// <summary>Puts a credential and writes <paramref name="entry"/>, in one transaction; returns when it is committed, or when the put could not be made as it is.</summary>
    /// <param name="entry">The entry, which tells that it was put.</param>
    /// <param name="put">The credential.</param>
    /// <param name="confirmations">What must still be stored for the put to be allowed.</param>
    /// <exception cref="AuditUnavailableException">Nothing can be written, or not in time: it is not known whether it was put.</exception>
    /// <exception cref="StaleReadException">What must still be stored has changed; nothing was written.</exception>
    /// <exception cref="PostgresException">The database refuses this put; nothing was written.</exception>
    public async Task<PutOutcome> PutAsync(AuditEntry entry, CredentialPut put, Confirmations? confirmations = null) =>
        (await WriteAsync(new PendingEntry(entry) { Put = put, Confirmations = confirmations }))!;

    /// <summary>Moves a note, whose transaction has been committed, into the chain.</summary>
    /// <exception cref="AuditUnavailableException">It cannot be written, or not in time; the note stays, and is moved later.</exception>
    public Task MoveAsync(AuditNote note)
    {
        ArgumentNullException.ThrowIfNull(note);

        return WriteAsync(new PendingEntry(note.Entry) { Note = note.Id });
    }

    /// <summary>Tries to write although entries cannot be written, and lets them through again when that succeeds.</summary>
    /// <returns>Whether it did.</returns>
    public async Task<bool> ProbeAsync()
    {
        var probe = DescribeResume() with { IsProbe = true };
        telemetry.Enqueued();
        await _queue.Writer.WriteAsync(probe);
        try
        {
            await probe.Written.Task;
            return true;
        }
        catch (AuditUnavailableException)
        {
            return false;
        }
    }

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>Writes what waits, and ends.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        try
        {
            await _running.WaitAsync(Limit, time, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            // Whoever waits has been told already; what was noted is moved by another server.
            Log.CannotWrite(logger, exception.Message);
        }
    }

    private async Task<PutOutcome?> WriteAsync(PendingEntry waiting)
    {
        if (state.IsBlocked)
        {
            state.Refuse();
            throw new AuditUnavailableException(Blocked);
        }

        using var span = AuditTelemetry.StartCommit();
        telemetry.Enqueued();
        if (!_queue.Writer.TryWrite(waiting))
        {
            telemetry.Dequeued();
            throw new AuditUnavailableException("The server ends.");
        }

        try
        {
            return await waiting.Written.Task.WaitAsync(Limit, time);
        }
        catch (Exception exception) when (exception is TimeoutException or AuditUnavailableException)
        {
            // What was not begun is left out: nobody is handed anything for it. Who comes next does not wait as long to hear the same.
            waiting.IsGivenUp = true;
            if (state.Block())
            {
                Log.CannotWrite(logger, exception.Message);
            }

            state.Refuse();
            span.Fail(exception);
            throw new AuditUnavailableException(Blocked, exception);
        }
    }

    private async Task RunAsync()
    {
        var group = new EntryGroup();
        while (await WaitToReadAsync())
        {
            group.Clear();
            while (_queue.Reader.TryPeek(out var next) && group.Fits(next) && _queue.Reader.TryRead(out var waiting))
            {
                telemetry.Dequeued();
                if (waiting.IsProbe && !state.IsBlocked)
                {
                    // What came before it has got through.
                    waiting.Written.TrySetResult(null);
                }
                else if (!waiting.IsGivenUp)
                {
                    group.Add(waiting);
                }
            }

            if (group.Count > 0)
            {
                await WriteAsync(group, []);
            }
        }
    }

    private async Task<bool> WaitToReadAsync()
    {
        var more = _queue.Reader.WaitToReadAsync().AsTask();
        try
        {
            return await more.WaitAsync(MaxIdle, time);
        }
        catch (TimeoutException)
        {
            await appends.ReleaseAsync();
            return await more;
        }
    }

    // The heads that were sent before are those of a group that this one is a part of.
    private async Task WriteAsync(EntryGroup group, List<ChainHead> sent)
    {
        Exception? failure = null;
        for (var tries = 0; tries < MaxTries && group.Count > 0; tries++)
        {
            try
            {
                await AppendAsync(group, sent);
                if (group.Count > 0)
                {
                    Succeed(group.Entries);
                }

                return;
            }
            catch (PostgresException exception) when (exception.SqlState == AuditAppendStore.AlreadyChained)
            {
                // Another server took this one for dead, and moved its notes.
                tries--;
                await LeaveOutMovedAsync(group);
            }
            catch (Exception exception) when (AuditMonthStore.IsMonthMissing(exception))
            {
                failure = exception;
                telemetry.Failed();
                await TryMakeMonthsAsync();
            }
            catch (Exception exception) when (group.Puts.Count > 0 && AuditAppendStore.IsPerhapsOfAPut(exception))
            {
                await WritePartsAsync(group, sent, exception);
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or IOException)
            {
                // A connection that broke says nothing of the next one.
                failure = exception;
                telemetry.Failed();
            }
            catch (Exception exception)
            {
                // Whatever it is: who waits must be told, and the writer must live.
                failure = exception;
                telemetry.Failed();
                break;
            }
        }

        if (group.Count > 0)
        {
            Fail(group.Entries, failure!);
        }
    }

    // A put that the database refuses fails alone: it says nothing of the rest, nor of whether entries can be written.
    private async Task WritePartsAsync(EntryGroup group, List<ChainHead> sent, Exception failure)
    {
        if (group.Count > 1)
        {
            var (first, second) = group.Split();
            await WriteAsync(first, [.. sent]);
            await WriteAsync(second, [.. sent]);
        }
        else if (AuditAppendStore.IsBusy(failure))
        {
            group.Entries[0].Written.TrySetResult(PutOutcome.Busy);
        }
        else
        {
            group.Entries[0].Written.TrySetException(failure);
        }
    }

    private async Task AppendAsync(EntryGroup group, List<ChainHead> sent)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            List<ChainedEntry> linked = [];
            CredentialPut[] puts = [.. group.Puts.Select(static waiting => waiting.Put!)];
            AppendResult result;
            // Whether an earlier one was made is asked by the head, too: not while it is held.
            if (_turns > 0 && sent.Count == 0)
            {
                _turns--;
                if (await appends.AppendInTurnAsync(Bind, group.Notes, group.Confirmations, puts, CancellationToken.None) is not { } inTurn)
                {
                    _turns = 0;
                    continue;
                }

                result = inTurn;
            }
            else
            {
                var head = _head ?? await ReadHeadAsync();
                foreach (var earlier in sent)
                {
                    // Its answer was lost, it was not.
                    if (await store.ContainsAsync(earlier, CancellationToken.None))
                    {
                        await FindPutsAsync(group.Puts, earlier.At);
                        return;
                    }
                }

                result = await appends.AppendAsync(head, Link(head), group.Notes, group.Confirmations, puts, CancellationToken.None);
            }

            IReadOnlyList<ChainedEntry> Bind(ChainHead held, DateTimeOffset databaseTime)
            {
                clock.Set(databaseTime);
                Meet(held);
                return Link(held);
            }

            IReadOnlyList<ChainedEntry> Link(ChainHead to)
            {
                var keys = vault.Keys;
                linked = AuditChain.Link(to, group.Entries.Select(static waiting => waiting.Entry), keys.Current, keys.CurrentId, clock.Now);
                sent.Add(linked[^1].ToHead());
                _head = null;
                return linked;
            }

            clock.Set(result.Clock);
            if (result.Appended)
            {
                See(result.Head!);
                telemetry.Committed(linked, time.GetElapsedTime(start));
                for (var i = 0; i < group.Puts.Count; i++)
                {
                    group.Puts[i].Outcome = result.Puts[i];
                }

                return;
            }

            sent.RemoveAt(sent.Count - 1);
            if (result.IsHeldUp)
            {
                See(result.Head!);
                LeaveOutStale(group, result);
                LeaveOutPuts(group, result, isCertain: sent.Count == 0);
                if (group.Count == 0)
                {
                    return;
                }

                continue;
            }

            telemetry.Conflicted();
            _turns = Turns;
            if (result.Head is { } now)
            {
                Meet(now);
            }
        }
    }

    // What the lost answer said, or of one that is already gone again, nearly.
    private async Task FindPutsAsync(List<PendingEntry> puts, DateTimeOffset at)
    {
        if (puts.Count == 0)
        {
            return;
        }

        var times = await credentials.FindTimesAsync([.. puts.Select(static waiting => waiting.Put!.RowId)], CancellationToken.None);
        foreach (var waiting in puts)
        {
            waiting.Outcome = times.TryGetValue(waiting.Put!.RowId, out var found) ? PutOutcome.Made(found) : PutOutcome.Made(new PutTimes(at, at));
        }
    }

    private async Task<ChainHead> ReadHeadAsync()
    {
        var (head, databaseTime) = await store.ReadHeadAsync(vault.Genesis, CancellationToken.None);
        clock.Set(databaseTime);
        Meet(head);
        return head;
    }

    // A chain that has become shorter, or another, is one from which entries were removed; or the database was restored. It is said, and goes on in the chain.
    private void Meet(ChainHead head)
    {
        if (_seen is { } seen && (head.Sequence < seen.Sequence || (head.Sequence == seen.Sequence && !head.Is(seen))))
        {
            var reason = string.Create(CultureInfo.InvariantCulture, $"the newest entry was {seen.Sequence}, and is {head.Sequence}");
            telemetry.RolledBack();
            Log.RolledBack(logger, seen.Sequence, head.Sequence);
            telemetry.Enqueued();
            _queue.Writer.TryWrite(new PendingEntry(source.Describe(AuditAction.AuditRollback, AuditOutcome.Failure, reason)));
        }

        See(head);
    }

    private void See(ChainHead head)
    {
        (_head, _seen) = (head, head);
        telemetry.Show(head.Sequence);
    }

    // Their requests are decided anew; the rest of the group is not held up by them.
    private static void LeaveOutStale(EntryGroup group, AppendResult result)
    {
        foreach (var stale in group.TakeOut(IsStale))
        {
            stale.Written.TrySetException(new StaleReadException());
        }

        bool IsStale(PendingEntry waiting) => waiting.Confirmations is { } confirmations
            && ((confirmations.Key is { } key && result.StaleKeys.Contains(key.Id.Value)) || (confirmations.Credential is { } credential && result.StaleCredentials.Contains(credential.RowId)));
    }

    // They are sealed anew, or wait, and come again. After an append whose fate is open they must not: it could be made yet.
    private static void LeaveOutPuts(EntryGroup group, AppendResult result, bool isCertain)
    {
        foreach (var (waiting, outcome) in group.Puts.Zip(result.Puts))
        {
            waiting.Outcome = outcome;
        }

        foreach (var waiting in group.TakeOut(static waiting => waiting.Outcome is not null))
        {
            if (isCertain)
            {
                waiting.Written.TrySetResult(waiting.Outcome);
            }
            else
            {
                waiting.Written.TrySetException(new AuditUnavailableException("It is not known whether the credential was put."));
            }
        }
    }

    private async Task LeaveOutMovedAsync(EntryGroup group)
    {
        var left = await notes.FindNotedAsync(group.Notes, CancellationToken.None);
        Succeed(group.TakeOut(waiting => waiting.Note is { } note && !left.Contains(note)));
    }

    private async Task TryMakeMonthsAsync()
    {
        try
        {
            await months.MakeMonthsAsync(clock.Now, CancellationToken.None);
        }
        catch (NpgsqlException exception)
        {
            Log.NoMonth(logger, exception.Message);
        }
    }

    private void Succeed(IReadOnlyList<PendingEntry> entries)
    {
        if (state.IsBlocked)
        {
            Log.Resumed(logger, state.Blockage.Refused);
            if (!entries.Any(static waiting => waiting.IsProbe))
            {
                telemetry.Enqueued();
                _queue.Writer.TryWrite(DescribeResume());
            }

            state.Unblock();
        }

        foreach (var waiting in entries)
        {
            waiting.Written.TrySetResult(waiting.Outcome);
        }
    }

    private PendingEntry DescribeResume()
    {
        var (since, refused) = state.Blockage;
        var reason = string.Create(CultureInfo.InvariantCulture, $"nothing could be recorded since {Timestamp.ToText(since)}; {refused} entries were refused");
        return new PendingEntry(source.Describe(AuditAction.AuditResume, AuditOutcome.Success, reason));
    }

    private void Fail(IReadOnlyList<PendingEntry> entries, Exception failure)
    {
        _head = null;
        if (state.Block())
        {
            Log.CannotWrite(logger, failure.Message);
        }

        foreach (var waiting in entries)
        {
            waiting.Written.TrySetException(new AuditUnavailableException(Blocked, failure));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Critical, "The audit log cannot be written, and nothing is handed out until it can: {Reason}")]
        public static partial void CannotWrite(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Warning, "The audit log can be written again; {Refused} entries were refused")]
        public static partial void Resumed(ILogger logger, long refused);

        [LoggerMessage(LogLevel.Critical, "The audit chain was cut off, or the database was restored: its newest entry was {Before}, and is {Now}")]
        public static partial void RolledBack(ILogger logger, long before, long now);

        [LoggerMessage(LogLevel.Error, "The partition of the audit log for this month cannot be made: {Reason}")]
        public static partial void NoMonth(ILogger logger, string reason);
    }
}
