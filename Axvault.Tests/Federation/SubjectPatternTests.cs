using System.Net;
using System.Text.Json;
using Axvault.Api.Federation.KeySets;
using Axvault.Api.Federation.Rules;

namespace Axvault.Tests.Federation;

/// <summary>The parts of a rule that decide by themselves: subjects, claims, and the addresses of issuers.</summary>
public sealed class SubjectPatternTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("repo:octo/app:ref:refs/heads/main")]
    [InlineData("repo:octo/*")]
    [InlineData("repo:octo@1/app@2:*")]
    [InlineData("spiffe://example.org/*")]
    [InlineData("system:serviceaccount:ci:*")]
    public void A_pattern_that_names_someone_is_taken(string text)
    {
        Assert.True(SubjectPattern.TryParse(text, out var pattern));
        Assert.True(pattern.Matches(text.Replace("*", "x", StringComparison.Ordinal)));
        Assert.False(pattern.Matches($"x{text}"));
        Assert.Equal(text.EndsWith('*'), pattern.Matches(text.TrimEnd('*') + "xyz/a:b"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("*")]
    [InlineData(":*")]
    [InlineData("//*")]
    [InlineData("repo:*")]
    [InlineData("repo:octo*")]
    [InlineData("repo:*/app")]
    [InlineData("repo:octo/**")]
    [InlineData("spiffe://*")]
    [InlineData("system:*")]
    [InlineData("system:serviceaccount:*")]
    [InlineData("a\nb")]
    public void A_pattern_that_names_no_one_is_refused(string text) => Assert.False(SubjectPattern.TryParse(text, out _));

    [Theory]
    [InlineData("\"a\"", true)]
    [InlineData("[\"b\",\"a\"]", true)]
    [InlineData("\"A\"", false)]
    [InlineData("\"ab\"", false)]
    [InlineData("[[\"a\"]]", false)]
    [InlineData("{\"a\":\"a\"}", false)]
    [InlineData("null", false)]
    public void A_claim_has_one_of_the_values(string value, bool matches)
    {
        using var claims = JsonDocument.Parse($$$"""{"c":{{{value}}},"n":{"x/y":{{{value}}}}}""");

        Assert.Equal(matches, new ClaimMatcher("c", ["a", "z"]).Matches(claims.RootElement));
        Assert.Equal(matches, new ClaimMatcher("/n/x~1y", ["a", "z"]).Matches(claims.RootElement));
        Assert.False(new ClaimMatcher("d", ["a"]).Matches(claims.RootElement));
        Assert.False(new ClaimMatcher("/c/d", ["a"]).Matches(claims.RootElement));
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("2002:a00:1::", false)]
    [InlineData("fd00::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("::ffff:0:127.0.0.1", false)]
    [InlineData("4000::1", false)]
    [InlineData("1::1", false)]
    [InlineData("ff02::1", false)]
    public void An_address_is_of_the_internet_or_not(string address, bool isPublic) => Assert.Equal(isPublic, PublicAddress.Is(IPAddress.Parse(address)));
}
