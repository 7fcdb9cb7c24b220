using System.Globalization;
using System.Threading.Channels;
using Axvault.Api.Audit.Chain;
using Axvault.Api.Confirmation;
using Axvault.Api.Http;
using Axvault.Api.Telemetry;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>
/// Writes entries to the chain in groups: while one commit is under way the next entries gather, and go into the next one together. Nobody is told
/// that an entry is written before it is committed.
/// </summary>
/// <remarks>
/// Entries are bound to the head as this server knows it, and appended only if it still is the head; of servers that append at once one gets through,
/// and the others bind theirs anew. docs/design/audit.md tells the protocol.
/// </remarks>
internal sealed partial class AuditWriter(
    AuditHeadStore store, AuditAppendStore appends, AuditNoteStore notes, AuditMonthStore months, AuditSource source, AuditVault vault, AuditClock clock, AuditState state, AuditTelemetry telemetry, TimeProvider time, ILogger<AuditWriter> logger) : IHostedService
{
    private const int MaxBatch = 500;
    private const int MaxTries = 2;

    private const string Blocked = "The audit log cannot be written. Nothing is handed out until it can.";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxIdle = TimeSpan.FromSeconds(30);

    private readonly Channel<Waiting> _queue = Channel.CreateUnbounded<Waiting>(new UnboundedChannelOptions { SingleReader = true });
    private volatile ChainHead? _head;
    private ChainHead? _seen;
    private Task _running = Task.CompletedTask;

    /// <summary>The newest entry that this server has written or met; <see langword="null"/> before the first.</summary>
    public ChainHead? Head => _head;

    /// <summary>Writes <paramref name="entry"/>; returns when it is committed.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="confirmations">What must still be stored for the entry to be true.</param>
    /// <exception cref="AuditUnavailableException">It cannot be written, or not in time.</exception>
    /// <exception cref="StaleReadException">What must still be stored has changed; nothing was written.</exception>
    public Task WriteAsync(AuditEntry entry, Confirmations? confirmations = null) => WriteAsync(new Waiting(entry, Note: null) { Confirmations = confirmations });

    /// <summary>Moves a note, whose transaction has been committed, into the chain.</summary>
    /// <exception cref="AuditUnavailableException">It cannot be written, or not in time; the note stays, and is moved later.</exception>
    public Task MoveAsync(AuditNote note)
    {
        ArgumentNullException.ThrowIfNull(note);

        return WriteAsync(new Waiting(note.Entry, note.Id));
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

    private async Task WriteAsync(Waiting waiting)
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
            await waiting.Written.Task.WaitAsync(Limit, time);
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
        var batch = new List<Waiting>(MaxBatch);
        while (await WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var waiting))
            {
                telemetry.Dequeued();
                if (waiting.IsProbe && !state.IsBlocked)
                {
                    // What came before it has got through.
                    waiting.Written.TrySetResult();
                }
                else if (!waiting.IsGivenUp)
                {
                    batch.Add(waiting);
                }
            }

            if (batch.Count > 0)
            {
                await WriteAsync(batch);
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

    private async Task WriteAsync(List<Waiting> batch)
    {
        var sent = new List<ChainHead>();
        Exception? failure = null;
        for (var tries = 0; tries < MaxTries && batch.Count > 0; tries++)
        {
            try
            {
                await AppendAsync(batch, sent);
                if (batch.Count > 0)
                {
                    Succeed(batch);
                }

                return;
            }
            catch (PostgresException exception) when (exception.SqlState == AuditAppendStore.AlreadyChained)
            {
                // Another server took this one for dead, and moved its notes.
                tries--;
                await LeaveOutMovedAsync(batch);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or IOException)
            {
                // A connection that broke says nothing of the next one.
                failure = exception;
                telemetry.Failed();
                if (AuditMonthStore.IsMonthMissing(exception))
                {
                    await TryMakeMonthsAsync();
                }
            }
            catch (Exception exception)
            {
                // Whatever it is: who waits must be told, and the writer must live.
                failure = exception;
                telemetry.Failed();
                break;
            }
        }

        if (batch.Count > 0)
        {
            Fail(batch, failure!);
        }
    }

    private async Task AppendAsync(List<Waiting> batch, List<ChainHead> sent)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            var head = _head ?? await ReadHeadAsync();
            foreach (var earlier in sent)
            {
                // Its answer was lost, it was not.
                if (await store.ContainsAsync(earlier, CancellationToken.None))
                {
                    return;
                }
            }

            var linked = AuditChain.Link(head, batch.Select(static waiting => waiting.Entry), vault.Keys.Current, vault.Keys.CurrentId, clock.Now);
            sent.Add(linked[^1].ToHead());
            _head = null;
            var result = await appends.AppendAsync(
                head,
                linked,
                [.. batch.Select(static waiting => waiting.Note).OfType<Guid>()],
                batch.Select(static waiting => waiting.Confirmations).OfType<Confirmations>(),
                CancellationToken.None);
            clock.Set(result.Clock);
            if (result.Appended)
            {
                See(result.Head!);
                telemetry.Committed(linked, time.GetElapsedTime(start));
                return;
            }

            sent.RemoveAt(sent.Count - 1);
            if (result.IsStale)
            {
                See(result.Head!);
                LeaveOutStale(batch, result);
                if (batch.Count == 0)
                {
                    return;
                }

                continue;
            }

            telemetry.Conflicted();
            if (result.Head is { } now)
            {
                Meet(now);
            }
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
            _queue.Writer.TryWrite(new Waiting(source.Describe(AuditAction.AuditRollback, AuditOutcome.Failure, reason), Note: null));
        }

        See(head);
    }

    private void See(ChainHead head)
    {
        (_head, _seen) = (head, head);
        telemetry.Show(head.Sequence);
    }

    // Their requests are decided anew; the rest of the group is not held up by them.
    private static void LeaveOutStale(List<Waiting> batch, AppendResult result)
    {
        foreach (var stale in batch.FindAll(IsStale))
        {
            stale.Written.TrySetException(new StaleReadException());
        }

        batch.RemoveAll(IsStale);

        bool IsStale(Waiting waiting) => waiting.Confirmations is { } confirmations
            && ((confirmations.Key is { } key && result.StaleKeys.Contains(key.Id.Value)) || (confirmations.Credential is { } credential && result.StaleCredentials.Contains(credential.RowId)));
    }

    private async Task LeaveOutMovedAsync(List<Waiting> batch)
    {
        var left = await notes.FindNotedAsync([.. batch.Select(static waiting => waiting.Note).OfType<Guid>()], CancellationToken.None);
        Succeed([.. batch.Where(waiting => waiting.Note is { } note && !left.Contains(note))]);
        batch.RemoveAll(waiting => waiting.Note is { } note && !left.Contains(note));
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

    private void Succeed(List<Waiting> batch)
    {
        if (state.IsBlocked)
        {
            Log.Resumed(logger, state.Blockage.Refused);
            if (!batch.Exists(static waiting => waiting.IsProbe))
            {
                telemetry.Enqueued();
                _queue.Writer.TryWrite(DescribeResume());
            }

            state.Unblock();
        }

        batch.ForEach(static waiting => waiting.Written.TrySetResult());
    }

    private Waiting DescribeResume()
    {
        var (since, refused) = state.Blockage;
        var reason = string.Create(CultureInfo.InvariantCulture, $"nothing could be recorded since {Timestamp.ToText(since)}; {refused} entries were refused");
        return new Waiting(source.Describe(AuditAction.AuditResume, AuditOutcome.Success, reason), Note: null);
    }

    private void Fail(List<Waiting> batch, Exception failure)
    {
        _head = null;
        if (state.Block())
        {
            Log.CannotWrite(logger, failure.Message);
        }

        batch.ForEach(waiting => waiting.Written.TrySetException(new AuditUnavailableException(Blocked, failure)));
    }

    private sealed record Waiting(AuditEntry Entry, Guid? Note)
    {
        private volatile bool _isGivenUp;

        public bool IsProbe { get; init; }

        public Confirmations? Confirmations { get; init; }

        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsGivenUp
        {
            get => _isGivenUp;
            set => _isGivenUp = value;
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
