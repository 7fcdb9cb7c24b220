using Axvault.Api.Authorization;
using CsCheck;
using static Axvault.Tests.Authorization.Names;

namespace Axvault.Tests.Authorization;

public sealed class AccessEntryTests
{
    [Theory]
    [InlineData("a", false)]
    [InlineData("claude.prod", false)]
    [InlineData("*", true)]
    [InlineData("a*", true)]
    [InlineData("claude.*", true)]
    [InlineData("0*", true)]
    public void A_name_a_prefix_and_a_star_are_entries(string text, bool isPrefix)
    {
        Assert.True(AccessEntry.TryParse(text, out var entry));
        Assert.Equal(text, entry.Value);
        Assert.Equal(text, entry.ToString());
        Assert.Equal(isPrefix, entry.IsPrefix);
    }

    [Theory]
    [MemberData(nameof(Smuggled), MemberType = typeof(Names))]
    [InlineData("*a")]
    [InlineData("a*b")]
    [InlineData("**")]
    [InlineData("a**")]
    [InlineData("a*b*")]
    [InlineData("*.*")]
    [InlineData("*.a")]
    [InlineData(".*")]
    [InlineData("-*")]
    [InlineData("_*")]
    [InlineData("a *")]
    [InlineData("a* ")]
    [InlineData(" *")]
    [InlineData("* ")]
    [InlineData("*\n")]
    [InlineData("a*\n")]
    [InlineData("a\n*")]
    [InlineData("*\0")]
    [InlineData("\0*")]
    [InlineData("a/*")]
    [InlineData("../*")]
    [InlineData("a%2A")]
    [InlineData("a?")]
    [InlineData("a[bc]")]
    [InlineData("a|b")]
    [InlineData("a\uff0a")]
    [InlineData("\u2217")]
    [InlineData("\u0430*")]
    public void Other_texts_are_not_entries(string text)
    {
        Assert.False(AccessEntry.TryParse(text, out var entry));
        Assert.Null(entry);
    }

    [Fact]
    public void Null_is_not_an_entry() => Assert.False(AccessEntry.TryParse(null, out _));

    [Theory]
    [InlineData(128, false, true)]
    [InlineData(129, false, false)]
    [InlineData(126, true, true)]
    [InlineData(127, true, true)]
    [InlineData(128, true, false)]
    public void An_entry_has_at_most_128_characters_with_its_star(int stem, bool star, bool valid) =>
        Assert.Equal(valid, AccessEntry.TryParse(new string('a', stem) + (star ? "*" : ""), out _));

    [Theory]
    [InlineData("claude.*", "claude.prod", true)]
    [InlineData("claude.*", "claude.", true)]
    [InlineData("claude.*", "claude.prod.eu", true)]
    [InlineData("claude.*", "claude", false)]
    [InlineData("claude.*", "claudexprod", false)]
    [InlineData("claude.*", "Claude.prod", false)]
    [InlineData("claude.*", "xclaude.prod", false)]
    [InlineData("a*", "a", true)]
    [InlineData("*", "a", true)]
    [InlineData("*", "claude.prod", true)]
    public void A_prefix_covers_only_names_that_start_with_it(string entry, string name, bool covers) => Assert.Equal(covers, Entry(entry).Covers(Name(name)));

    [Theory]
    [InlineData("claude.prod", "claude.prod", true)]
    [InlineData("claude.prod", "claude.prod2", false)]
    [InlineData("claude.prod", "claude.pro", false)]
    [InlineData("claude.prod", "claudeXprod", false)]
    [InlineData("claude.prod", "CLAUDE.PROD", false)]
    public void A_name_covers_only_itself(string entry, string name, bool covers) => Assert.Equal(covers, Entry(entry).Covers(Name(name)));

    [Theory]
    [InlineData("*", "*", true)]
    [InlineData("*", "x.*", true)]
    [InlineData("*", "x", true)]
    [InlineData("x.*", "x.*", true)]
    [InlineData("x.*", "x.y", true)]
    [InlineData("x.*", "x.y*", true)]
    [InlineData("x.*", "x.", true)]
    [InlineData("x.*", "x*", false)]
    [InlineData("x.*", "x", false)]
    [InlineData("x.*", "*", false)]
    [InlineData("x.*", "X.y", false)]
    [InlineData("x.*", "y.*", false)]
    [InlineData("x", "x", true)]
    [InlineData("x", "x*", false)]
    [InlineData("x", "X", false)]
    [InlineData("x", "*", false)]
    public void An_entry_is_within_another_when_all_of_its_names_are(string outer, string inner, bool contains) =>
        Assert.Equal(contains, Entry(outer).Contains(Entry(inner)));

    [Fact]
    public void An_outer_entry_covers_every_name_that_the_inner_one_covers() =>
        Gen.Select(AccessGen.Entry, AccessGen.Entry, AccessGen.Name)
            .Sample(static (outer, inner, name) => !(outer.Contains(inner) && inner.Covers(name)) || outer.Covers(name));

    [Fact]
    public void An_entry_that_is_not_within_another_covers_a_name_that_the_other_does_not() =>
        Gen.Select(AccessGen.Entry, AccessGen.Entry)
            .Sample(static (outer, inner) => outer.Contains(inner) || Witnesses(inner).Any(name => inner.Covers(name) && !outer.Covers(name)));

    [Fact]
    public void Being_within_is_reflexive() => AccessGen.Entry.Sample(static entry => entry.Contains(entry));

    [Fact]
    public void Being_within_is_transitive() =>
        Gen.Select(AccessGen.Entry, AccessGen.Entry, AccessGen.Entry).Sample(static (a, b, c) => !(a.Contains(b) && b.Contains(c)) || a.Contains(c));

    [Fact]
    public void Entries_within_each_other_are_the_same() =>
        Gen.Select(AccessGen.Entry, AccessGen.Entry).Sample(static (a, b) => !(a.Contains(b) && b.Contains(a)) || a == b);

    [Fact]
    public void A_star_is_within_a_star_only() => AccessGen.Entry.Sample(static entry => entry.Contains(AccessEntry.All) == (entry.Value == "*"));

    [Fact]
    public void An_entry_without_a_star_covers_that_one_name_only() =>
        Gen.Select(AccessGen.Name, AccessGen.Name).Sample(static (entry, name) => Entry(entry.Value).Covers(name) == (entry.Value == name.Value));

    // Two names that the entry covers: its stem, and its stem with one more character that no random entry uses.
    private static IEnumerable<CredentialName> Witnesses(AccessEntry entry)
    {
        var stem = entry.Stem.ToString();
        return new[] { stem, stem + "z" }.Where(static text => text.Length > 0).Select(Name);
    }
}
