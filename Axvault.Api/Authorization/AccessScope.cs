namespace Axvault.Api.Authorization;

/// <summary>What a key may do: the credentials it reads, those it writes, and what it may grant to other keys; until when, and from where.</summary>
/// <param name="Read">Names whose credentials the key may fetch and list.</param>
/// <param name="Write">Names whose credentials the key may put and delete.</param>
/// <param name="Grant">Entries that the key may give to another key, in any of the three lists.</param>
internal sealed record AccessScope(AccessList Read, AccessList Write, AccessList Grant)
{
    /// <summary>Everything: what the bootstrap key holds.</summary>
    public static readonly AccessScope Full = new(AccessList.Of(AccessEntry.All), AccessList.Of(AccessEntry.All), AccessList.Of(AccessEntry.All));

    /// <summary>Until when and from where.</summary>
    public KeyLimits Limits { get; init; } = KeyLimits.None;

    /// <summary>Every entry of the three lists.</summary>
    public IEnumerable<AccessEntry> Entries => Read.Concat(Write).Concat(Grant);
}
