using System.Diagnostics;
using System.Diagnostics.Metrics;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Audit;

/// <summary>The span and the metrics of the ledger.</summary>
internal sealed class AuditTelemetry
{
    // Bounds for a commit on a disk, in seconds.
    private static readonly InstrumentAdvice<double> DurationBuckets = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    };

    private static readonly InstrumentAdvice<int> BatchBuckets = new() { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500] };

    private readonly UpDownCounter<long> _queue;
    private readonly Histogram<double> _duration;
    private readonly Histogram<int> _batch;
    private readonly Counter<long> _entries;

    // Observed, so that the series exist from the start as zero. Prometheus sees no increase in a series that begins at one.
    private long _failures;
    private long _rollbacks;
    private long _checkpoint = -1;

    /// <summary>Creates the instruments.</summary>
    public AuditTelemetry(IMeterFactory meters, AuditState state)
    {
        var meter = meters.Create(ServerSpans.SourceName);
        _queue = meter.CreateUpDownCounter<long>("axvault.audit.queue.length", "{entry}", "Entries that wait to be written.");
        _duration = meter.CreateHistogram<double>("axvault.audit.commit.duration", "s", "How long a commit of entries took.", tags: null, DurationBuckets);
        _batch = meter.CreateHistogram<int>("axvault.audit.batch.size", "{entry}", "Entries in one commit.", tags: null, BatchBuckets);
        _entries = meter.CreateCounter<long>("axvault.audit.entries", "{entry}", "Entries that were written, by outcome.");
        meter.CreateObservableCounter("axvault.audit.failures", () => Interlocked.Read(ref _failures), "{commit}", "Commits of entries that failed.");
        meter.CreateObservableCounter(
            "axvault.audit.rollbacks",
            () => Interlocked.Read(ref _rollbacks),
            "{rollback}",
            "Times that the ledger was found older than it had been."
        );
        meter.CreateObservableGauge("axvault.audit.blocked", () => state.IsBlocked ? 1 : 0, unit: null, "1 while entries cannot be written.");
        meter.CreateObservableGauge("axvault.audit.checkpoint.number", Checkpoint, "{checkpoint}", "The number of the newest checkpoint of the ledger.");
    }

    /// <summary>Starts the span of waiting for the commit of an entry, in the trace of a call only.</summary>
    public static Activity? StartCommit() => Activity.Current is null ? null : ServerSpans.Start("audit commit");

    /// <summary>Counts a waiting entry.</summary>
    public void Enqueued() => _queue.Add(1);

    /// <summary>Counts a waiting entry out.</summary>
    public void Dequeued() => _queue.Add(-1);

    /// <summary>Counts a commit.</summary>
    public void Committed(IReadOnlyCollection<Chain.ChainedEntry> entries, TimeSpan duration)
    {
        _duration.Record(duration.TotalSeconds);
        _batch.Record(entries.Count);
        foreach (var outcome in entries.CountBy(static entry => entry.Entry.Outcome))
        {
            _entries.Add(outcome.Value, new TagList { { "axvault.audit.outcome", outcome.Key } });
        }
    }

    /// <summary>Counts a commit that failed.</summary>
    public void Failed() => Interlocked.Increment(ref _failures);

    /// <summary>Counts a ledger that is older than it had been.</summary>
    public void RolledBack() => Interlocked.Increment(ref _rollbacks);

    /// <summary>Shows the newest checkpoint.</summary>
    public void Show(long checkpoint) => Interlocked.Exchange(ref _checkpoint, checkpoint);

    private IEnumerable<Measurement<long>> Checkpoint() =>
        Interlocked.Read(ref _checkpoint) is >= 0 and var checkpoint ? [new Measurement<long>(checkpoint)] : [];
}
