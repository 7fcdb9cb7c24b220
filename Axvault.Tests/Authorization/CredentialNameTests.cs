using Axvault.Api.Authorization;

namespace Axvault.Tests.Authorization;

public sealed class CredentialNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("Z")]
    [InlineData("0")]
    [InlineData("9")]
    [InlineData("claude.prod")]
    [InlineData("claude-prod_2.backup")]
    [InlineData("a..b")]
    [InlineData("a.")]
    [InlineData("a-")]
    [InlineData("a_")]
    [InlineData("0.-_")]
    [InlineData("health")]
    public void A_name_of_letters_digits_dots_underscores_and_hyphens_is_valid(string text)
    {
        Assert.True(CredentialName.TryParse(text, out var name));
        Assert.Equal(text, name.Value);
        Assert.Equal(text, name.ToString());
    }

    [Theory]
    [MemberData(nameof(Names.Smuggled), MemberType = typeof(Names))]
    [InlineData("*")]
    [InlineData("a*")]
    [InlineData("*a")]
    [InlineData("a*b")]
    public void Other_texts_are_not_names(string text)
    {
        Assert.False(CredentialName.TryParse(text, out var name));
        Assert.Null(name);
    }

    [Fact]
    public void Null_is_not_a_name() => Assert.False(CredentialName.TryParse(null, out _));

    [Theory]
    [InlineData(1, true)]
    [InlineData(127, true)]
    [InlineData(128, true)]
    [InlineData(129, false)]
    [InlineData(100_000, false)]
    public void A_name_has_1_to_128_characters(int length, bool valid) => Assert.Equal(valid, CredentialName.TryParse(new string('a', length), out _));

    [Fact]
    public void Every_character_is_accepted_exactly_as_the_rule_says()
    {
        const string Allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
        for (var c = '\0'; c < char.MaxValue; c++)
        {
            Assert.Equal(Allowed.Contains(c, StringComparison.Ordinal), CredentialName.TryParse($"a{c}", out _));
            Assert.Equal(Allowed.Contains(c, StringComparison.Ordinal) && c is not ('.' or '_' or '-'), CredentialName.TryParse($"{c}a", out _));
        }
    }

    [Fact]
    public void Names_are_case_sensitive()
    {
        Assert.NotEqual(Names.Name("Claude"), Names.Name("claude"));
        Assert.Equal(Names.Name("claude"), Names.Name("claude"));
    }
}
