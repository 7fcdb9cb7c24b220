namespace Axvault.Api.Authorization;

/// <summary>Who may make, change and remove keys. Pure: the store calls it inside the transaction that writes.</summary>
internal static class GrantRules
{
    /// <summary>Whether <paramref name="caller"/> may make a key with <paramref name="requested"/>: it may grant at all, and grants each entry.</summary>
    public static bool MayCreate(AccessScope caller, AccessScope requested) => Grants(caller, requested);

    /// <summary>
    /// Whether <paramref name="caller"/> may turn a key with <paramref name="current"/> into one with <paramref name="resulting"/>: it must grant
    /// both, or a limited key could strip, or take over, a key that holds more than it does.
    /// </summary>
    public static bool MayUpdate(AccessScope caller, AccessScope current, AccessScope resulting) => Grants(caller, current) && Grants(caller, resulting);

    /// <summary>Whether <paramref name="caller"/> may see and remove every key: it grants <c>*</c>.</summary>
    public static bool MayAdminister(AccessScope caller) => caller.Grant.Contains(AccessEntry.All);

    // A key that grants nothing manages no keys, not even powerless ones.
    private static bool Grants(AccessScope caller, AccessScope scope) => caller.Grant.Count > 0 && scope.Entries.All(caller.Grant.Contains);
}
