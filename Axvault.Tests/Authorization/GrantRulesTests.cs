using System.Globalization;
using Axvault.Api.Authorization;
using CsCheck;
using static Axvault.Tests.Authorization.Names;

namespace Axvault.Tests.Authorization;

/// <summary>
/// Compares every combination of scopes over a small universe of names with a model that is written from the contract alone. In the model an entry
/// means a set of names, and "within" means subset. Each entry covers a different set, and one name is covered by <c>*</c> only.
/// </summary>
public sealed class GrantRulesTests
{
    private static readonly string[] Universe = ["claude.prod", "claude.dev", "gemini.ci", "elsewhere"];

    // The set of names that each entry means. "every name" stands for all possible names, which only * covers.
    private static readonly Dictionary<string, HashSet<string>> Meaning = new()
    {
        ["claude.prod"] = ["claude.prod"],
        ["claude.*"] = ["claude.prod", "claude.dev"],
        ["gemini.ci"] = ["gemini.ci"],
        ["*"] = [.. Universe, "every name"],
    };

    private static readonly string[][] Lists =
    [
        .. Enumerable.Range(0, 1 << Meaning.Count).Select(static bits => Meaning.Keys.Where((_, i) => (bits >> i & 1) == 1).ToArray()),
    ];

    private static readonly AccessList[] Parsed = [.. Lists.Select(static list => List(list))];

    // True when a given list is within a granted list: [granted, given].
    private static readonly bool[,] Within = ModelWithin();

    private static readonly AccessScope[] Scopes =
    [
        .. from read in Parsed from write in Parsed from grant in Parsed select new AccessScope(read, write, grant),
    ];

    // The scopes in which two of the three lists are empty, and those in which all three are the same.
    private static readonly int[] OneListScopes =
    [
        .. Enumerable.Range(0, Lists.Length).SelectMany(static list => new[] { list, list * 16, list * 16 * 16, list * (1 + 16 + (16 * 16)) }).Distinct(),
    ];

    [Fact]
    public void The_model_agrees_with_the_code_on_every_entry()
    {
        foreach (var (entry, names) in Meaning)
        {
            Assert.Equal(names.Where(static name => name != "every name"), Universe.Where(name => Entry(entry).Covers(Name(name))));
        }
    }

    [Fact]
    public void A_key_is_created_when_every_requested_entry_is_within_the_callers_grants()
    {
        for (var caller = 0; caller < Parsed.Length; caller++)
        {
            var granter = OfGrant(Parsed[caller]);
            for (var requested = 0; requested < Scopes.Length; requested++)
            {
                Check(ModelGrants(caller, requested), GrantRules.MayCreate(granter, Scopes[requested]), "create", caller, requested);
            }
        }
    }

    [Fact]
    public void A_key_is_changed_when_its_old_and_new_access_are_within_the_callers_grants()
    {
        for (var caller = 0; caller < Parsed.Length; caller++)
        {
            var granter = OfGrant(Parsed[caller]);

            // Each list of a scope is checked by itself. So it is enough to vary one list of each scope, in every place, instead of all 4096 x 4096 pairs.
            foreach (var current in OneListScopes)
            {
                foreach (var resulting in OneListScopes)
                {
                    Check(
                        ModelGrants(caller, current) && ModelGrants(caller, resulting),
                        GrantRules.MayUpdate(granter, Scopes[current], Scopes[resulting]),
                        "update",
                        caller,
                        current,
                        resulting
                    );
                }
            }
        }
    }

    [Fact]
    public void A_change_of_any_scope_to_any_other_follows_the_model() =>
        Gen.Select(Gen.Int[0, Lists.Length - 1], Gen.Int[0, Scopes.Length - 1], Gen.Int[0, Scopes.Length - 1])
            .Sample(
                static (caller, current, resulting) =>
                    GrantRules.MayUpdate(OfGrant(Parsed[caller]), Scopes[current], Scopes[resulting])
                    == (ModelGrants(caller, current) && ModelGrants(caller, resulting)),
                iter: 100_000
            );

    [Fact]
    public void Read_and_write_access_give_no_power_over_keys()
    {
        foreach (var scope in Scopes)
        {
            var bare = OfGrant(scope.Grant);
            foreach (var requested in OneListScopes.Select(static i => Scopes[i]))
            {
                if (GrantRules.MayCreate(scope, requested) != GrantRules.MayCreate(bare, requested))
                {
                    Assert.Fail($"{Text(scope)} and {Text(bare)} differ on {Text(requested)}");
                }
            }

            Assert.Equal(GrantRules.MayAdminister(bare), GrantRules.MayAdminister(scope));
        }
    }

    [Fact]
    public void Listing_and_deleting_keys_needs_a_grant_of_a_star()
    {
        for (var caller = 0; caller < Parsed.Length; caller++)
        {
            Assert.Equal(Lists[caller].Contains("*"), GrantRules.MayAdminister(OfGrant(Parsed[caller])));
        }
    }

    [Fact]
    public void Only_a_grant_of_a_star_manages_a_key_without_entries()
    {
        var powerless = new AccessScope(AccessList.None, AccessList.None, AccessList.None);
        var narrow = new AccessScope(AccessList.None, AccessList.Of(Entry("claude.prod")), AccessList.None);
        for (var caller = 0; caller < Parsed.Length; caller++)
        {
            var (granter, may) = (AccessScope.Full with { Grant = Parsed[caller] }, Lists[caller].Contains("*"));
            Assert.Equal(may, GrantRules.MayCreate(granter, powerless));
            Assert.Equal(may, GrantRules.MayUpdate(granter, powerless, narrow));
            Assert.Equal(may, GrantRules.MayUpdate(granter, narrow, powerless));
            Assert.Equal(may, GrantRules.MayRotate(granter, powerless));
        }
    }

    [Fact]
    public void No_key_creates_a_key_with_access_that_it_cannot_grant() =>
        Gen.Select(AccessGen.List, AccessGen.List, AccessGen.List, AccessGen.List, AccessGen.Name)
            .Sample(
                static (grants, read, write, grant, name) =>
                {
                    var made = new AccessScope(read, write, grant);
                    var may = GrantRules.MayCreate(OfGrant(grants), made);
                    return !may
                        || (
                            (!read.Covers(name) || grants.Covers(name))
                            && (!write.Covers(name) || grants.Covers(name))
                            && (!grant.Covers(name) || grants.Covers(name))
                        );
                }
            );

    [Fact]
    public void No_chain_of_keys_gains_access_that_the_first_key_cannot_grant() =>
        Gen.Select(AccessGen.List, AccessGen.List, AccessGen.List)
            .Sample(
                static (first, second, third) =>
                {
                    var (a, b, c) = (OfGrant(first), OfGrant(second), OfGrant(third));
                    return !(GrantRules.MayCreate(a, b) && GrantRules.MayCreate(b, c)) || GrantRules.MayCreate(a, c);
                }
            );

    [Fact]
    public void The_bootstrap_scope_allows_everything() => Assert.All(Scopes.Where(static (_, i) => i % 97 == 0), static scope =>
        {
            Assert.True(GrantRules.MayCreate(AccessScope.Full, scope));
            Assert.True(GrantRules.MayUpdate(AccessScope.Full, scope, AccessScope.Full));
        });

    private static AccessScope OfGrant(AccessList grant) => new(AccessList.None, AccessList.None, grant);

    // The one deviation from the contract's words: a key without entries needs a grant of *, although the empty set is within every grant.
    private static bool ModelGrants(int caller, int scope)
    {
        var n = Lists.Length;
        return (scope != 0 || Lists[caller].Contains("*")) && Within[caller, scope % n] && Within[caller, scope / n % n] && Within[caller, scope / n / n];
    }

    private static bool[,] ModelWithin()
    {
        var within = new bool[Lists.Length, Lists.Length];
        for (var outer = 0; outer < Lists.Length; outer++)
        {
            for (var inner = 0; inner < Lists.Length; inner++)
            {
                within[outer, inner] = Lists[inner].All(entry => Lists[outer].Any(granted => Meaning[entry].IsSubsetOf(Meaning[granted])));
            }
        }

        return within;
    }

    private static void Check(bool expected, bool actual, string act, int caller, params int[] scopes)
    {
        if (expected != actual)
        {
            Assert.Fail(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{act} by [{Text(Parsed[caller])}] of {string.Join(" to ", scopes.Select(i => Text(Scopes[i])))}: expected {expected}"
                )
            );
        }
    }

    private static string Text(AccessScope scope) => $"({Text(scope.Read)} | {Text(scope.Write)} | {Text(scope.Grant)})";

    private static string Text(AccessList list) => string.Join(' ', list.ToArray());
}
