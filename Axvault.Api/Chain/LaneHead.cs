namespace Axvault.Api.Chain;

/// <summary>The newest entry of a lane, to which the next one is bound.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="Sequence">The number of the entry; 0 before the first.</param>
/// <param name="At">The time of the entry.</param>
/// <param name="Mac">The MAC of the entry; before the first, that of the checkpoint that announced the lane.</param>
internal sealed record LaneHead(long Lane, long Sequence, DateTimeOffset At, byte[] Mac)
{
    /// <summary>Returns <see langword="true"/> when both are the same entry; otherwise <see langword="false"/>.</summary>
    public bool Is(LaneHead other)
    {
        return Lane == other.Lane && Sequence == other.Sequence && Mac.AsSpan().SequenceEqual(other.Mac);
    }
}
