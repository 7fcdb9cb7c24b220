using Axvault.Api.Authorization;
using CsCheck;
using static Axvault.Tests.Authorization.Names;

namespace Axvault.Tests.Authorization;

public sealed class AccessListTests
{
    [Fact]
    public void An_empty_list_covers_nothing_and_is_within_every_list()
    {
        AccessGen.Name.Sample(static name => !AccessList.None.Covers(name));
        AccessGen.List.Sample(static list => list.Contains(AccessList.None));
        AccessGen.Entry.Sample(static entry => !AccessList.None.Contains(entry));
    }

    [Fact]
    public void A_list_keeps_the_order_and_each_entry_once() =>
        Assert.Equal(["b", "a", "c.*", "*", "A"], List("b", "a", "b", "c.*", "*", "c.*", "A", "*").ToArray());

    [Fact]
    public void A_list_covers_what_one_of_its_entries_covers() =>
        Gen.Select(AccessGen.List, AccessGen.Name).Sample(static (list, name) => list.Covers(name) == list.Any(entry => entry.Covers(name)));

    [Fact]
    public void A_list_is_within_another_when_each_of_its_entries_is_within_one_of_the_other() =>
        Gen.Select(AccessGen.List, AccessGen.List)
            .Sample(static (outer, inner) => outer.Contains(inner) == inner.All(entry => outer.Any(container => container.Contains(entry))));

    [Fact]
    public void An_outer_list_covers_every_name_that_the_inner_one_covers() =>
        Gen.Select(AccessGen.List, AccessGen.List, AccessGen.Name)
            .Sample(static (outer, inner, name) => !(outer.Contains(inner) && inner.Covers(name)) || outer.Covers(name));

    [Fact]
    public void Being_within_is_reflexive_and_transitive()
    {
        AccessGen.List.Sample(static list => list.Contains(list));
        Gen.Select(AccessGen.List, AccessGen.List, AccessGen.List).Sample(static (a, b, c) => !(a.Contains(b) && b.Contains(c)) || a.Contains(c));
    }

    [Fact]
    public void A_prefix_for_every_first_character_is_still_not_a_star() =>
        Assert.False(List("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".Select(static c => $"{c}*")).Contains(AccessEntry.All));

    [Fact]
    public void A_stored_list_comes_back_as_it_was() => AccessGen.List.Sample(static list => AccessList.FromStored(list.ToArray()).SequenceEqual(list));

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("**")]
    [InlineData("a\n")]
    public void A_stored_entry_that_breaks_the_rule_is_refused(string stored)
    {
        Assert.Throws<FormatException>(() => AccessList.FromStored(["a", stored]));
    }

    [Fact]
    public void A_list_counts_and_enumerates_its_entries()
    {
        var list = List("a", "b.*");
        Assert.Equal(2, list.Count);
        Assert.Equal("b.*", list[1].Value);
        Assert.Equal(["a", "b.*"], list.Select(static entry => entry.Value));
    }
}
