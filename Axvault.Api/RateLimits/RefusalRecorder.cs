using System.Collections.Concurrent;
using System.Globalization;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;

namespace Axvault.Api.RateLimits;

/// <summary>
/// Records refusals without letting who is refused flood the audit log: of each key or address the first in a minute is an entry at once, and those after it are one entry, with their number, at
/// the minute's end.
/// </summary>
internal sealed class RefusalRecorder(Limits limits, AuditLog audit, AuditSource source, TimeProvider time) : BackgroundService
{
    /// <summary>How long refusals are gathered.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private const int TicksBetweenSweeps = 10;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // In the order in which their windows end: all are as long.
    private readonly ConcurrentQueue<Meter> _open = [];

    /// <summary>Records a refusal of the request that is under way, or counts it.</summary>
    /// <param name="meter">What was counted too often.</param>
    /// <param name="kind">What there was too much of.</param>
    /// <param name="caller">The key, where one is known.</param>
    /// <exception cref="AuditUnavailableException">It cannot be recorded.</exception>
    public async Task RecordAsync(Meter meter, LimitKind kind, Caller? caller)
    {
        ArgumentNullException.ThrowIfNull(meter);

        var ends = time.GetTimestamp() + (long)(Window.TotalSeconds * time.TimestampFrequency);
        if (meter.Refuse(ends, () => source.Describe(AuditAction.RateLimit, AuditOutcome.Denied, kind.Reason(), caller: caller)) is not { } entry)
        {
            return;
        }

        _open.Enqueue(meter);
        try
        {
            await audit.RecordAsync(entry);
        }
        catch
        {
            meter.Forgo();
            throw;
        }
    }

    /// <summary>Records what was counted in windows that have ended.</summary>
    /// <param name="all">Whether to end those that have not.</param>
    public async Task RecordEndedAsync(bool all = false)
    {
        // One that is not recorded comes last, and is looked at again the next time.
        for (var left = _open.Count; left > 0 && _open.TryPeek(out var meter) && (all || meter.HasEnded(time.GetTimestamp())); left--)
        {
            _open.TryDequeue(out _);
            if (meter.End() is { First: { } first, More: > 0 and var more } && !await TryRecordAsync(first, more))
            {
                meter.Restore(first, more);
                _open.Enqueue(meter);
            }
        }
    }

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await RecordEndedAsync(all: true);
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        for (var ticks = 1; await timer.WaitForNextTickAsync(stoppingToken); ticks++)
        {
            await RecordEndedAsync();
            if (ticks % TicksBetweenSweeps == 0)
            {
                limits.Sweep();
            }
        }
    }

    private async Task<bool> TryRecordAsync(AuditEntry first, long more)
    {
        try
        {
            // Of many requests: what was only the first one's is left out.
            await audit.RecordAsync(first with { Reason = string.Create(CultureInfo.InvariantCulture, $"{first.Reason}, {more} more"), UserAgent = null, RequestId = null, TraceId = null });
            return true;
        }
        catch (AuditUnavailableException)
        {
            return false;
        }
    }
}
