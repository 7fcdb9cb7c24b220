using Axvault.Api.Encryption;

namespace Axvault.Api.Chain;

/// <summary>A link of the chain that joins the lanes.</summary>
/// <param name="Number">Its number: 1, 2, 3… without gaps.</param>
/// <param name="At">The time at which it was made, by the database's clock, in milliseconds.</param>
/// <param name="Kek">The KEK from which its key is derived.</param>
/// <param name="Retired">The KEKs whose chain keys do not count any more after it.</param>
/// <param name="Lanes">The lanes that were opened, have moved, or were closed since the checkpoint before, in the order of lane and event.</param>
/// <param name="Mac">The MAC over all of it and the MAC of the checkpoint before.</param>
internal sealed record Checkpoint(long Number, DateTimeOffset At, KekId Kek, IReadOnlyList<KekId> Retired, IReadOnlyList<LaneEvent> Lanes, byte[] Mac)
{
    /// <summary>The checkpoint as the head for the next one.</summary>
    public CheckpointHead ToHead() => new(Number, At, Mac);
}

/// <summary>The newest checkpoint, to which the next one is bound.</summary>
/// <param name="Number">Its number; 0 before the first.</param>
/// <param name="At">Its time.</param>
/// <param name="Mac">Its MAC; before the first, the value that names the vault.</param>
internal sealed record CheckpointHead(long Number, DateTimeOffset At, byte[] Mac)
{
    /// <summary>Returns <see langword="true"/> when both are the same checkpoint; otherwise <see langword="false"/>.</summary>
    public bool Is(CheckpointHead other)
    {
        return Number == other.Number && Mac.AsSpan().SequenceEqual(other.Mac);
    }
}

/// <summary>An event of a lane, as a checkpoint records it.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="Kind">The event.</param>
/// <param name="Sequence">The number of the lane's newest entry; 0 when it has none.</param>
/// <param name="Mac">The MAC of that entry; empty when the checkpoint opens the lane.</param>
internal sealed record LaneEvent(long Lane, LaneEventKind Kind, long Sequence, byte[] Mac)
{
    /// <summary>Returns the event of <paramref name="head"/>.</summary>
    public static LaneEvent Of(LaneHead head, LaneEventKind kind) => new(head.Lane, kind, head.Sequence, head.Mac);
}

/// <summary>The possible events of a lane. The values are part of the MAC of a checkpoint.</summary>
internal enum LaneEventKind : byte
{
    /// <summary>The lane was opened. Its first entry comes later.</summary>
    Opened = 1,

    /// <summary>The lane has new entries.</summary>
    Moved = 2,

    /// <summary>The lane was closed. No entry comes after it.</summary>
    Closed = 3,
}
