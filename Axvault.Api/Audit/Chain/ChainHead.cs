namespace Axvault.Api.Audit.Chain;

/// <summary>The newest entry of the chain: what the next one is bound to.</summary>
/// <param name="Sequence">Its number; 0 before the first entry.</param>
/// <param name="At">Its time.</param>
/// <param name="Mac">Its keyed hash; before the first entry, the value that names the vault.</param>
internal sealed record ChainHead(long Sequence, DateTimeOffset At, byte[] Mac)
{
    /// <summary>Whether both are the same entry.</summary>
    public bool Is(ChainHead other)
    {
        ArgumentNullException.ThrowIfNull(other);

        return Sequence == other.Sequence && Mac.AsSpan().SequenceEqual(other.Mac);
    }
}
