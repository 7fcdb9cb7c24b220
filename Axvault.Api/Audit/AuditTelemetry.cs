using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Axvault.Api.Audit;

/// <summary>The spans and metrics of the audit chain.</summary>
internal sealed class AuditTelemetry
{
    /// <summary>The name of the meter and of the source of spans.</summary>
    public const string SourceName = "Axvault";

    private static readonly ActivitySource Source = new(SourceName);

    private readonly UpDownCounter<long> _queue;
    private readonly Histogram<double> _duration;
    private readonly Histogram<int> _batch;
    private readonly Counter<long> _entries;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _conflicts;
    private readonly Counter<long> _rollbacks;
    private long _head = -1;

    /// <summary>Makes the instruments.</summary>
    public AuditTelemetry(IMeterFactory meters, AuditState state)
    {
        ArgumentNullException.ThrowIfNull(meters);

        var meter = meters.Create(SourceName);
        _queue = meter.CreateUpDownCounter<long>("axvault.audit.queue.length", "{entry}", "Entries that wait to be written.");
        _duration = meter.CreateHistogram<double>("axvault.audit.commit.duration", "s", "How long a commit of entries took.");
        _batch = meter.CreateHistogram<int>("axvault.audit.batch.size", "{entry}", "Entries in one commit.");
        _entries = meter.CreateCounter<long>("axvault.audit.entries", "{entry}", "Entries that were written, by outcome.");
        _failures = meter.CreateCounter<long>("axvault.audit.failures", "{commit}", "Commits of entries that failed.");
        _conflicts = meter.CreateCounter<long>("axvault.audit.conflicts", "{commit}", "Commits that came after another server's, and were made again.");
        _rollbacks = meter.CreateCounter<long>("axvault.audit.rollbacks", "{rollback}", "Times that the chain was found older than it had been.");
        meter.CreateObservableGauge("axvault.audit.blocked", () => state.IsBlocked ? 1 : 0, "1", "1 while entries cannot be written.");
        meter.CreateObservableGauge("axvault.audit.head.sequence", Head, "{entry}", "The number of the newest entry that this server knows of.");
    }

    /// <summary>Begins the span of waiting until an entry is committed.</summary>
    public static Activity? StartCommit() => Source.StartActivity("audit commit");

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
    public void Failed() => _failures.Add(1);

    /// <summary>Counts a commit that another server's came before.</summary>
    public void Conflicted() => _conflicts.Add(1);

    /// <summary>Counts a chain that went back.</summary>
    public void RolledBack() => _rollbacks.Add(1);

    /// <summary>Shows the newest entry.</summary>
    public void Show(long head) => Interlocked.Exchange(ref _head, head);

    private IEnumerable<Measurement<long>> Head() => Interlocked.Read(ref _head) is >= 0 and var head ? [new Measurement<long>(head)] : [];
}
