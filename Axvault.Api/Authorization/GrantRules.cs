namespace Axvault.Api.Authorization;

/// <summary>The rules for making, changing and removing keys. Pure: the store applies them inside the transaction that writes.</summary>
internal static class GrantRules
{
    /// <summary>
    /// Returns <see langword="true"/> when <paramref name="caller"/> may make a key with <paramref name="requested"/>: it may grant at all, grants each
    /// entry, and the new key neither outlives it, nor allows other networks, nor uses more. Otherwise a limited key could make an unlimited one. A key
    /// without an entry needs <c>*</c>: the maker would keep its secret when an administrator gives it rights.
    /// </summary>
    public static bool MayCreate(AccessScope caller, AccessScope requested) => Grants(caller, requested);

    /// <summary>
    /// Returns <see langword="true"/> when <paramref name="caller"/> may change a key from <paramref name="current"/> to <paramref name="resulting"/>: it
    /// must be able to grant both. Otherwise a limited key could strip or take over a more powerful one.
    /// </summary>
    public static bool MayUpdate(AccessScope caller, AccessScope current, AccessScope resulting) => Grants(caller, current) && Grants(caller, resulting);

    /// <summary>
    /// Returns <see langword="true"/> when <paramref name="caller"/> may rotate the secret of a key with <paramref name="current"/>: it learns the new
    /// secret, so it must be able to make such a key.
    /// </summary>
    public static bool MayRotate(AccessScope caller, AccessScope current) => Grants(caller, current);

    /// <summary>
    /// Returns <see langword="true"/> when <paramref name="caller"/> grants <c>*</c>, and may see and remove every key; otherwise <see langword="false"/>.
    /// </summary>
    public static bool MayAdminister(AccessScope caller) => caller.Grant.Contains(AccessEntry.All);

    /// <summary>
    /// Returns <see langword="true"/> when the vault can be administered after a change as well as before. The changed key must not be the last that grants
    /// <c>*</c> without an expiry or networks, nor, if there is none such, the last that grants <c>*</c> at all.
    /// </summary>
    /// <param name="current">The rights of the key before the change.</param>
    /// <param name="resulting">The rights after the change; <see langword="null"/> when the key is removed.</param>
    /// <param name="others">The rights of the other keys.</param>
    /// <param name="now">The time, by which keys may have expired.</param>
    public static bool StaysAdministrable(AccessScope current, AccessScope? resulting, IEnumerable<AccessScope> others, DateTimeOffset now)
    {
        var before = StrengthOf(current, now);
        return before == Strength.None
            || (resulting is not null && StrengthOf(resulting, now) >= before)
            || others.Any(other => StrengthOf(other, now) >= before);
    }

    // No entry would be within every grant. Therefore a key without rights belongs to those who may give it any.
    private static bool Grants(AccessScope caller, AccessScope scope) =>
        (scope.Entries.Any() ? scope.Entries.All(caller.Grant.Contains) : MayAdminister(caller)) && caller.Limits.Contain(scope.Limits);

    private static Strength StrengthOf(AccessScope scope, DateTimeOffset now) =>
        !MayAdminister(scope) || scope.Limits.HaveExpired(now) ? Strength.None
        : scope.Limits.AreNone ? Strength.Lasting
        : Strength.Bound;

    // A rank: how well a key keeps the vault administrable.
    private enum Strength
    {
        None,
        Bound,
        Lasting,
    }
}
