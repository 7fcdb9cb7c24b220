using System.Diagnostics;
using Axvault.Api.Chain;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Audit;

/// <summary>
/// Writes the entries of reads and refusals in groups. The first caller writes the first group; the entries that come meanwhile gather, and are the next group.
/// No caller hears of an entry before it is committed. While none can be written, every caller is refused at once.
/// </summary>
internal sealed partial class AuditWriter(
    AuditQueue queue,
    AuditGroupWriter groups,
    GroupAppender appender,
    AuditState state,
    AuditBlockage blockage,
    TimeProvider time,
    ILogger<AuditWriter> logger
) : IHostedService
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxIdle = TimeSpan.FromSeconds(10);

    // 1 while a caller writes.
    private int _isWriting;
    private long _wroteAt;
    private Task _writing = Task.CompletedTask;

    /// <summary><see langword="true"/> while entries cannot be written; otherwise <see langword="false"/>.</summary>
    public bool IsBlocked => state.IsBlocked;

    /// <summary>Writes <paramref name="entry"/>. Returns when it is committed.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="confirmations">The cached rows that must still be stored as they were read.</param>
    /// <exception cref="AuditUnavailableException">The entry cannot be written, or not in time.</exception>
    /// <exception cref="StaleReadException">A cached row has changed. Nothing was written.</exception>
    public Task WriteAsync(AuditEntry entry, Confirmations? confirmations = null) => WriteAsync(new PendingEntry(entry) { Confirmations = confirmations });

    /// <summary>Writes <paramref name="waiting"/>. Returns when it is committed. After an exception it may still be: it then says so.</summary>
    /// <exception cref="AuditUnavailableException">The entry cannot be written, or not in time.</exception>
    /// <exception cref="StaleReadException">A cached row has changed. Nothing was written.</exception>
    public async Task WriteAsync(PendingEntry waiting)
    {
        if (state.IsBlocked)
        {
            state.Refuse();
            throw new AuditUnavailableException(AuditBlockage.Message);
        }

        using var span = AuditTelemetry.StartCommit();
        if (!queue.TryAdd(waiting))
        {
            throw new AuditUnavailableException("The server ends.");
        }

        Begin();
        try
        {
            await waiting.Written.Task.WaitAsync(Limit, time);
        }
        catch (Exception exception) when (exception is TimeoutException or AuditUnavailableException)
        {
            // An entry that was not begun is dropped: its caller is handed nothing. The next callers are refused at once.
            waiting.IsGivenUp = true;
            blockage.Begin(exception);
            state.Refuse();
            span.Fail(exception);
            throw new AuditUnavailableException(AuditBlockage.Message, exception);
        }
    }

    /// <summary>Writes what waits without a caller, probes a blocked log, and returns an idle connection.</summary>
    public async Task MaintainAsync()
    {
        if (state.IsBlocked)
        {
            await ProbeAsync();
        }

        Begin();
        if (time.GetElapsedTime(Interlocked.Read(ref _wroteAt)) > MaxIdle && Interlocked.Exchange(ref _isWriting, 1) == 0)
        {
            await appender.ReleaseAsync();
            Interlocked.Exchange(ref _isWriting, 0);
            Begin();
        }
    }

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Writes the waiting entries, and ends.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        queue.Complete();
        Begin();
        try
        {
            await _writing.WaitAsync(Limit, time, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            // The callers have been told already.
            Log.EndedEarly(logger, exception.Message);
        }
    }

    // A probe whose entry cannot be written fails. The log stays blocked.
    private async Task ProbeAsync()
    {
        var probe = blockage.DescribeResume() with { IsProbe = true };
        if (queue.TryAdd(probe))
        {
            Begin();
            await probe.Written.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // The caller that finds no one writing begins at once, on its own thread.
    private void Begin()
    {
        if (!queue.IsEmpty && Interlocked.Exchange(ref _isWriting, 1) == 0)
        {
            _writing = RunAsync();
        }
    }

    private async Task RunAsync()
    {
        // The statements belong to many requests, and not to the one that began.
        Activity.Current = null;
        while (queue.TakeGroup() is { Count: > 0 } group)
        {
            group.RemoveAll(IsObsolete);
            if (group.Count > 0)
            {
                var isAlone = group.Count == 1 && queue.IsEmpty;
                await groups.WriteAsync(group);
                if (!isAlone)
                {
                    // Let the answered callers run first, and new entries arrive: the next group is larger by them.
                    await Task.Yield();
                }
            }
        }

        Interlocked.Exchange(ref _wroteAt, time.GetTimestamp());
        Interlocked.Exchange(ref _isWriting, 0);
        // An entry may have come since the last look.
        Begin();
    }

    // No caller waits for the entry any more, or it is a probe and the entry before it got through.
    private bool IsObsolete(PendingEntry waiting)
    {
        if (waiting.IsProbe && !state.IsBlocked)
        {
            waiting.Written.TrySetResult();
            return true;
        }

        return waiting.IsGivenUp;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Critical, "The server stops before all audit entries are written: {Reason}")]
        public static partial void EndedEarly(ILogger logger, string reason);
    }
}
