using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace Axvault.Api.Audit;

/// <summary>The entries that wait to be written, in their order. Whoever has taken one out of it tells what came of it.</summary>
internal sealed class AuditQueue(AuditTelemetry telemetry)
{
    private readonly Channel<PendingEntry> _entries = Channel.CreateUnbounded<PendingEntry>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Adds an entry.</summary>
    /// <returns>Whether it was added; not when the server ends.</returns>
    public bool TryAdd(PendingEntry entry)
    {
        telemetry.Enqueued();
        if (_entries.Writer.TryWrite(entry))
        {
            return true;
        }

        telemetry.Dequeued();
        return false;
    }

    /// <summary>Waits for an entry.</summary>
    /// <returns>Whether there is one; not when the queue is complete.</returns>
    public Task<bool> WaitAsync() => _entries.Reader.WaitToReadAsync().AsTask();

    /// <summary>Shows the next entry.</summary>
    public bool TryPeek([NotNullWhen(true)] out PendingEntry? entry) => _entries.Reader.TryPeek(out entry);

    /// <summary>Takes the next entry.</summary>
    public PendingEntry Take()
    {
        if (!_entries.Reader.TryRead(out var entry))
        {
            throw new InvalidOperationException("There is no entry.");
        }

        telemetry.Dequeued();
        return entry;
    }

    /// <summary>Takes no more entries.</summary>
    public void Complete() => _entries.Writer.TryComplete();
}
