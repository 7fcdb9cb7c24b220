namespace Axvault.Api.Authorization;

/// <summary>The rights of a key: its access lists and its limits.</summary>
/// <param name="Read">Names whose credentials the key may fetch and list.</param>
/// <param name="Write">Names whose credentials the key may put and delete.</param>
/// <param name="Grant">Entries that the key may give to another key, in any of the lists.</param>
internal sealed record AccessScope(AccessList Read, AccessList Write, AccessList Grant)
{
    /// <summary>The rights of the bootstrap key: it reads, writes and grants every name.</summary>
    public static readonly AccessScope Full = new(AccessList.Of(AccessEntry.All), AccessList.Of(AccessEntry.All), AccessList.Of(AccessEntry.All));

    /// <summary>No rights.</summary>
    public static readonly AccessScope None = new(AccessList.None, AccessList.None, AccessList.None);

    /// <summary>Names whose credentials the key may use through the broker, without seeing them. No other list implies this one.</summary>
    public AccessList Use { get; init; } = AccessList.None;

    /// <summary>The expiry, the networks and the limits of use.</summary>
    public KeyLimits Limits { get; init; } = KeyLimits.None;

    /// <summary>Every entry of the lists.</summary>
    public IEnumerable<AccessEntry> Entries => Read.Concat(Write).Concat(Use).Concat(Grant);
}
