using Axvault.Api.Encryption;

namespace Axvault.Api.Chain;

/// <summary>An entry in its place in a lane.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="Sequence">Its number in the lane: 1, 2, 3… without gaps.</param>
/// <param name="Checkpoint">The newest checkpoint that the server knew. A later removal of it is found.</param>
/// <param name="At">The time at which it was written, by the database's clock, in milliseconds; never before the previous entry.</param>
/// <param name="Entry">The content.</param>
/// <param name="Kek">The KEK from which the chain's key is derived.</param>
/// <param name="Mac">The MAC over all of it and the MAC of the previous entry.</param>
internal sealed record ChainedEntry(long Lane, long Sequence, long Checkpoint, DateTimeOffset At, AuditEntry Entry, KekId Kek, byte[] Mac)
{
    /// <summary>The entry as the head for the next one.</summary>
    public LaneHead ToHead() => new(Lane, Sequence, At, Mac);
}
