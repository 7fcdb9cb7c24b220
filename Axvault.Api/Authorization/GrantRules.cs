namespace Axvault.Api.Authorization;

/// <summary>Who may make, change and remove keys. Pure: the store calls it inside the transaction that writes.</summary>
internal static class GrantRules
{
    /// <summary>
    /// Whether <paramref name="caller"/> may make a key with <paramref name="requested"/>: it may grant at all, grants each entry, and the key ends no later
    /// than it does and is used from nowhere else, or a bound key could make itself one that is not.
    /// </summary>
    public static bool MayCreate(AccessScope caller, AccessScope requested) => Grants(caller, requested);

    /// <summary>
    /// Whether <paramref name="caller"/> may turn a key with <paramref name="current"/> into one with <paramref name="resulting"/>: it must grant
    /// both, or a limited key could strip, or take over, a key that holds more than it does.
    /// </summary>
    public static bool MayUpdate(AccessScope caller, AccessScope current, AccessScope resulting) => Grants(caller, current) && Grants(caller, resulting);

    /// <summary>Whether <paramref name="caller"/> may give a key with <paramref name="current"/> a new secret, which it is told: it could have made the key.</summary>
    public static bool MayRotate(AccessScope caller, AccessScope current) => Grants(caller, current);

    /// <summary>Whether <paramref name="caller"/> may see and remove every key: it grants <c>*</c>.</summary>
    public static bool MayAdminister(AccessScope caller) => caller.Grant.Contains(AccessEntry.All);

    /// <summary>
    /// Whether the vault can be administered after a change as before it: the key that is changed was not the last that grants <c>*</c> for ever and from
    /// anywhere, nor, where there is none such, the last that grants <c>*</c> at all.
    /// </summary>
    /// <param name="current">What the key holds.</param>
    /// <param name="resulting">What it is to hold; <see langword="null"/> when it is to be removed.</param>
    /// <param name="others">What the other keys hold.</param>
    /// <param name="now">The time, by which keys have expired.</param>
    public static bool StaysAdministrable(AccessScope current, AccessScope? resulting, IEnumerable<AccessScope> others, DateTimeOffset now)
    {
        var before = StrengthOf(current, now);
        return before == Strength.None || (resulting is not null && StrengthOf(resulting, now) >= before) || others.Any(other => StrengthOf(other, now) >= before);
    }

    // A key that grants nothing manages no keys, not even powerless ones.
    private static bool Grants(AccessScope caller, AccessScope scope) =>
        caller.Grant.Count > 0 && scope.Entries.All(caller.Grant.Contains) && caller.Limits.Contain(scope.Limits);

    private static Strength StrengthOf(AccessScope scope, DateTimeOffset now) =>
        !MayAdminister(scope) || scope.Limits.HaveExpired(now) ? Strength.None : scope.Limits.AreNone ? Strength.Lasting : Strength.Bound;

    // How well a key keeps the vault administrable.
    private enum Strength
    {
        None,
        Bound,
        Lasting,
    }
}
