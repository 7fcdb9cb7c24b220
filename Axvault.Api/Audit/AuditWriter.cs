using System.Globalization;
using Axvault.Api.Audit.Chain;
using Axvault.Api.Confirmation;
using Axvault.Api.Credentials;
using Axvault.Api.Http;
using Axvault.Api.Telemetry;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>
/// Writes entries to the chain in groups, and the credentials that they tell were put: while one commit is under way the next entries gather, and go into
/// the next one together. Nobody is told that an entry is written before it is committed; when none can be, everybody is told so at once until one can.
/// </summary>
internal sealed partial class AuditWriter(
    AuditQueue queue,
    AuditAppender appender,
    AuditNoteStore notes,
    AuditMonthStore months,
    AuditSource source,
    AuditClock clock,
    AuditState state,
    AuditTelemetry telemetry,
    TimeProvider time,
    ILogger<AuditWriter> logger) : IHostedService
{
    private const int MaxTries = 2;
    private const string Blocked = "The audit log cannot be written. Nothing is handed out until it can.";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxIdle = TimeSpan.FromSeconds(30);

    private Task _running = Task.CompletedTask;

    /// <summary>The newest entry that this server has written or met; <see langword="null"/> before the first, and after a failure.</summary>
    public ChainHead? Head => appender.Head;

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
        if (!queue.TryAdd(probe))
        {
            return false;
        }

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
        queue.Complete();
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
        if (!queue.TryAdd(waiting))
        {
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
        while (await WaitAsync())
        {
            group.Clear();
            while (queue.TryPeek(out var next) && group.Fits(next))
            {
                var waiting = queue.Take();
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
                // Whoever was told goes first, and what has arrived meanwhile: the next group is larger by it.
                await Task.Yield();
            }
        }
    }

    private async Task<bool> WaitAsync()
    {
        var more = queue.WaitAsync();
        try
        {
            return await more.WaitAsync(MaxIdle, time);
        }
        catch (TimeoutException)
        {
            await appender.ReleaseAsync();
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
                await appender.AppendAsync(group, sent);
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
                queue.TryAdd(DescribeResume());
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
        appender.Forget();
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

        [LoggerMessage(LogLevel.Error, "The partition of the audit log for this month cannot be made: {Reason}")]
        public static partial void NoMonth(ILogger logger, string reason);
    }
}
