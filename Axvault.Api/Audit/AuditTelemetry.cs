using System.Diagnostics;
using System.Diagnostics.Metrics;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Audit;

/// <summary>The span and the metrics of the audit chain.</summary>
internal sealed class AuditTelemetry
{
    // Of a commit on a disk, in seconds.
    private static readonly InstrumentAdvice<double> DurationBuckets = new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] };

    private static readonly InstrumentAdvice<int> BatchBuckets = new() { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500] };

    private readonly UpDownCounter<long> _queue;
    private readonly Histogram<double> _duration;
    private readonly Histogram<int> _batch;
    private readonly Counter<long> _entries;

    // Observed, so that they are there from the start, as zero: an increase from nothing to one is none to Prometheus.
    private long _failures;
    private long _conflicts;
    private long _rollbacks;
    private long _head = -1;

    /// <summary>Makes the instruments.</summary>
    public AuditTelemetry(IMeterFactory meters, AuditState state)
    {
        ArgumentNullException.ThrowIfNull(meters);

        var meter = meters.Create(VaultSpans.SourceName);
        _queue = meter.CreateUpDownCounter<long>("axvault.audit.queue.length", "{entry}", "Entries that wait to be written.");
        _duration = meter.CreateHistogram<double>("axvault.audit.commit.duration", "s", "How long a commit of entries took.", tags: null, DurationBuckets);
        _batch = meter.CreateHistogram<int>("axvault.audit.batch.size", "{entry}", "Entries in one commit.", tags: null, BatchBuckets);
        _entries = meter.CreateCounter<long>("axvault.audit.entries", "{entry}", "Entries that were written, by outcome.");
        meter.CreateObservableCounter("axvault.audit.failures", () => Interlocked.Read(ref _failures), "{commit}", "Commits of entries that failed.");
        meter.CreateObservableCounter("axvault.audit.conflicts", () => Interlocked.Read(ref _conflicts), "{commit}", "Commits that came after another server's, and were made again.");
        meter.CreateObservableCounter("axvault.audit.rollbacks", () => Interlocked.Read(ref _rollbacks), "{rollback}", "Times that the chain was found older than it had been.");
        meter.CreateObservableGauge("axvault.audit.blocked", () => state.IsBlocked ? 1 : 0, unit: null, "1 while entries cannot be written.");
        meter.CreateObservableGauge("axvault.audit.head.sequence", Head, "{entry}", "The number of the newest entry that this server knows of.");
    }

    /// <summary>Begins the span of waiting until an entry is committed.</summary>
    public static Activity? StartCommit() => VaultSpans.Start("audit commit");

    /// <summary>An entry waits.</summary>
    public void Enqueued() => _queue.Add(1);

    /// <summary>An entry does not wait any more.</summary>
    public void Dequeued() => _queue.Add(-1);

    /// <summary>Counts a commit.</summary>
    public void Committed(IReadOnlyCollection<Chain.ChainedEntry> entries, TimeSpan duration)
    {
        ArgumentNullException.ThrowIfNull(entries);

        _duration.Record(duration.TotalSeconds);
        _batch.Record(entries.Count);
        foreach (var outcome in entries.CountBy(static entry => entry.Entry.Outcome))
        {
            _entries.Add(outcome.Value, new TagList { { "axvault.audit.outcome", outcome.Key } });
        }
    }

    /// <summary>Counts a commit that failed.</summary>
    public void Failed() => Interlocked.Increment(ref _failures);

    /// <summary>Counts a commit that another server's came before.</summary>
    public void Conflicted() => Interlocked.Increment(ref _conflicts);

    /// <summary>Counts a chain that went back.</summary>
    public void RolledBack() => Interlocked.Increment(ref _rollbacks);

    /// <summary>Shows the newest entry.</summary>
    public void Show(long head) => Interlocked.Exchange(ref _head, head);

    private IEnumerable<Measurement<long>> Head() => Interlocked.Read(ref _head) is >= 0 and var head ? [new Measurement<long>(head)] : [];
}
