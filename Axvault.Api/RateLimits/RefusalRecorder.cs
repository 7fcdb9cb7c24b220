using System.Collections.Concurrent;
using System.Globalization;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;

namespace Axvault.Api.RateLimits;

/// <summary>
/// Records refusals without flooding the audit log. The first refusal of a key or address gets an audit entry at once and opens a window of one minute. At the
/// end of the window, one more entry has the number of the other refusals.
/// </summary>
internal sealed class RefusalRecorder(Limits limits, AuditLog audit, AuditSource source, TimeProvider time) : BackgroundService
{
    /// <summary>The length of a window that shares one entry.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private const int TicksBetweenSweeps = 10;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // In the order in which their windows end, because all have the same length.
    private readonly ConcurrentQueue<Meter> _open = [];

    /// <summary>Records or counts the refusal of the current request.</summary>
    /// <param name="meter">The meter that was over the limit.</param>
    /// <param name="kind">The kind of the limit.</param>
    /// <param name="caller">The caller, if known.</param>
    /// <exception cref="AuditUnavailableException">The refusal cannot be recorded.</exception>
    public async Task RecordAsync(Meter meter, LimitKind kind, Caller? caller)
    {
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

    /// <summary>Records the counts of windows that have ended.</summary>
    /// <param name="all"><see langword="true"/> to end every window now; otherwise <see langword="false"/>.</param>
    public async Task RecordEndedAsync(bool all = false)
    {
        while (_open.TryPeek(out var meter) && (all || meter.HasEnded(time.GetTimestamp())))
        {
            _open.TryDequeue(out _);
            if (meter.End() is { First: { } first, More: > 0 and var more })
            {
                await audit.RecordSoonAsync(Sum(first, more));
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

    // The entry stands for many requests, so details of the first one are left out.
    private static AuditEntry Sum(AuditEntry first, long more) =>
        first with
        {
            Reason = string.Create(CultureInfo.InvariantCulture, $"{first.Reason}, {more} more"),
            UserAgent = null,
            RequestId = null,
            TraceId = null,
        };
}
