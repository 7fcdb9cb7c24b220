using System.Collections.Concurrent;

namespace Axvault.Api.Audit;

/// <summary>The entries that wait to be written, in order. The code that takes an entry must report its outcome. Thread-safe.</summary>
internal sealed class AuditQueue(AuditTelemetry telemetry)
{
    private const int MaxGroup = 500;

    private readonly ConcurrentQueue<PendingEntry> _entries = new();
    private volatile bool _isComplete;

    /// <summary><see langword="true"/> when no entry waits; otherwise <see langword="false"/>.</summary>
    public bool IsEmpty => _entries.IsEmpty;

    /// <summary>Adds an entry.</summary>
    /// <returns><see langword="true"/> when it was added; <see langword="false"/> when the server ends.</returns>
    public bool TryAdd(PendingEntry entry)
    {
        if (_isComplete)
        {
            return false;
        }

        telemetry.Enqueued();
        _entries.Enqueue(entry);
        return true;
    }

    /// <summary>Takes the entries of the next group.</summary>
    public List<PendingEntry> TakeGroup()
    {
        List<PendingEntry> group = [];
        while (group.Count < MaxGroup && _entries.TryDequeue(out var entry))
        {
            telemetry.Dequeued();
            group.Add(entry);
        }

        return group;
    }

    /// <summary>Accepts no more entries.</summary>
    public void Complete() => _isComplete = true;
}
