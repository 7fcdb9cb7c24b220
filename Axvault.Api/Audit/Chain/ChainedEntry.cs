using Axvault.Api.Encryption;

namespace Axvault.Api.Audit.Chain;

/// <summary>An entry in its place in the chain.</summary>
/// <param name="Sequence">Its number: 1, 2, 3… without gaps.</param>
/// <param name="At">When it was written, by the database's clock, in milliseconds; never before the entry in front of it.</param>
/// <param name="Entry">What it says.</param>
/// <param name="ChainKey">The encryption key that the chain's key was derived from.</param>
/// <param name="Mac">The keyed hash over all of it and the hash of the entry in front of it.</param>
internal sealed record ChainedEntry(long Sequence, DateTimeOffset At, AuditEntry Entry, KekId ChainKey, byte[] Mac)
{
    /// <summary>The entry as the head that the next is bound to.</summary>
    public ChainHead ToHead() => new(Sequence, At, Mac);
}
