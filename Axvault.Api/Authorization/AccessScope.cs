namespace Axvault.Api.Authorization;

/// <summary>The rights of a key: the credentials it reads and writes, the rights it may grant, its expiry and its networks.</summary>
/// <param name="Read">Names whose credentials the key may fetch and list.</param>
/// <param name="Write">Names whose credentials the key may put and delete.</param>
/// <param name="Grant">Entries that the key may give to another key, in any of the three lists.</param>
internal sealed record AccessScope(AccessList Read, AccessList Write, AccessList Grant)
{
    /// <summary>All rights, as the bootstrap key has them.</summary>
    public static readonly AccessScope Full = new(AccessList.Of(AccessEntry.All), AccessList.Of(AccessEntry.All), AccessList.Of(AccessEntry.All));

    /// <summary>The expiry and the networks.</summary>
    public KeyLimits Limits { get; init; } = KeyLimits.None;

    /// <summary>Every entry of the three lists.</summary>
    public IEnumerable<AccessEntry> Entries => Read.Concat(Write).Concat(Grant);
}
