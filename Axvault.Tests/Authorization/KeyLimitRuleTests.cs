using System.Net;
using Axvault.Api.Authorization;
using CsCheck;
using static Axvault.Tests.Authorization.Names;

namespace Axvault.Tests.Authorization;

/// <summary>
/// Compares two rules with models over a small universe: the limits that a key's expiry and networks put on the keys it manages, and the keys that a
/// vault needs to stay administrable.
/// </summary>
public sealed class KeyLimitRuleTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 15, 10, 30, 0, TimeSpan.Zero);

    private static readonly IPAddress[] Addresses =
    [
        .. ((string[])["10.1.1.1", "10.1.9.9", "10.9.9.9", "192.0.2.1", "2001:db8::1", "2001:db9::1"]).Select(IPAddress.Parse),
    ];

    private static readonly Gen<KeyLimits> Limits = Gen.Select(
        Gen.Int[-2, 3],
        Gen.OneOf("10.0.0.0/8", "10.1.0.0/16", "10.1.1.1", "0.0.0.0/0", "2001:db8::/32", "::/0").Array[0, 3],
        static (hours, networks) => new KeyLimits(hours == 3 ? null : Now.AddHours(hours), ClientNetworks.FromStored(networks))
    );

    private static readonly Gen<AccessScope> Scope = Gen.Select(AccessGen.List, AccessGen.List, AccessGen.List, Limits, static (read, write, grant, limits) =>
        new AccessScope(read, write, grant) { Limits = limits }
    );

    private static readonly Gen<AccessScope> Administrators = Gen.Select(Gen.Bool, Limits, Gen.Bool, static (administers, limits, isBound) =>
        new AccessScope(AccessList.None, AccessList.None, administers ? List("a", "*") : List("a*")) { Limits = isBound ? limits : KeyLimits.None }
    );

    [Fact]
    public void A_created_key_works_no_longer_than_its_creator_and_nowhere_else() =>
        Gen.Select(Scope, Scope, Gen.Int[-3, 4])
            .Sample(
                static (caller, made, hours) =>
                    !GrantRules.MayCreate(caller, made)
                    || Addresses.All(address => !Works(made, address, Now.AddHours(hours)) || Works(caller, address, Now.AddHours(hours)))
            );

    [Fact]
    public void No_chain_of_keys_outlives_or_outreaches_its_first_key() =>
        Gen.Select(Scope, Scope, Scope)
            .Sample(
                static (first, second, third) =>
                    !(GrantRules.MayCreate(first, second) && GrantRules.MayCreate(second, third)) || GrantRules.MayCreate(first, third)
            );

    [Fact]
    public void Limits_are_checked_in_addition_to_the_access_lists() =>
        Gen.Select(Scope, Scope)
            .Sample(
                static (caller, made) =>
                    GrantRules.MayCreate(caller, made) == (GrantRules.MayCreate(Unbound(caller), Unbound(made)) && caller.Limits.Contain(made.Limits))
            );

    [Fact]
    public void A_key_changes_and_rotates_only_keys_that_it_could_have_created() =>
        Gen.Select(Scope, Scope, Scope)
            .Sample(
                static (caller, current, resulting) =>
                    GrantRules.MayRotate(caller, current) == GrantRules.MayCreate(caller, current)
                    && GrantRules.MayUpdate(caller, current, resulting) == (GrantRules.MayCreate(caller, current) && GrantRules.MayCreate(caller, resulting))
            );

    [Theory]
    [InlineData(null, null, true)]
    [InlineData(null, 1, true)]
    [InlineData(1, 1, true)]
    [InlineData(2, 1, true)]
    [InlineData(1, 2, false)]
    [InlineData(1, null, false)]
    public void A_key_that_expires_creates_only_keys_that_expire_no_later(int? own, int? requested, bool may) =>
        Assert.Equal(may, GrantRules.MayCreate(With(own, []), With(requested, [])));

    [Theory]
    [InlineData("", "", true)]
    [InlineData("", "10.0.0.0/8", true)]
    [InlineData("10.0.0.0/8", "10.0.0.0/8", true)]
    [InlineData("10.0.0.0/8", "10.1.0.0/16,10.2.3.4", true)]
    [InlineData("192.0.2.1,10.0.0.0/8", "10.2.3.4", true)]
    [InlineData("10.0.0.0/8", "", false)]
    [InlineData("10.0.0.0/8", "0.0.0.0/0", false)]
    [InlineData("10.0.0.0/8", "10.1.0.0/16,192.0.2.1", false)]
    [InlineData("0.0.0.0/0", "::/0", false)]
    [InlineData("0.0.0.0/0,::/0", "", false)]
    [InlineData("10.0.0.0/9,10.128.0.0/9", "10.0.0.0/8", false)]
    public void A_key_that_is_bound_to_networks_creates_keys_within_one_of_them(string own, string requested, bool may) =>
        Assert.Equal(
            may,
            GrantRules.MayCreate(
                With(null, own.Split(',', StringSplitOptions.RemoveEmptyEntries)),
                With(null, requested.Split(',', StringSplitOptions.RemoveEmptyEntries))
            )
        );

    [Fact]
    public void A_change_is_allowed_only_while_the_vault_stays_administrable() =>
        Gen.Select(
                Administrators,
                Gen.Frequency((1, Gen.Const(static () => (AccessScope?)null)), (3, Administrators.Select(static scope => (AccessScope?)scope))),
                Administrators.Array[0, 3]
            )
            .Sample(
                static (current, resulting, others) =>
                    GrantRules.StaysAdministrable(current, resulting, others, Now) == StaysAdministrable(current, resulting, others)
            );

    // An administrator without expiry and networks can be removed only while another one remains, and the last working administrator never.
    private static bool StaysAdministrable(AccessScope current, AccessScope? resulting, AccessScope[] others)
    {
        AccessScope[] after = resulting is null ? others : [.. others, resulting];
        return (!Lasts(current) || after.Any(Lasts)) && (!Administers(current) || after.Any(Administers));

        static bool Administers(AccessScope scope) => scope.Grant.Any(static entry => entry.Value == "*") && !(scope.Limits.ExpiresAt <= Now);

        static bool Lasts(AccessScope scope) => Administers(scope) && scope.Limits.ExpiresAt is null && scope.Limits.Networks.Count == 0;
    }

    private static bool Works(AccessScope scope, IPAddress address, DateTimeOffset at) =>
        !scope.Limits.HaveExpired(at) && scope.Limits.Networks.Covers(address);

    private static AccessScope Unbound(AccessScope scope) => scope with { Limits = KeyLimits.None };

    private static AccessScope With(int? hours, string[] networks) =>
        AccessScope.Full with
        {
            Limits = new KeyLimits(hours is { } known ? Now.AddHours(known) : null, ClientNetworks.FromStored(networks)),
        };
}
