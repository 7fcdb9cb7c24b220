using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Credentials;

/// <summary>Conditional reads (RFC 9110 §13.1): a client that has the current credential gets a short answer. Otherwise it is a read like any other.</summary>
public sealed class ConditionalReadServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private VaultClient Admin => vault.Admin;

    [Fact]
    public async Task The_entity_tag_changes_with_each_put_and_not_between_puts()
    {
        await Admin.PutCredentialAsync("tagged");
        var first = (await Admin.GetAsync("credentials/tagged")).Is(HttpStatusCode.OK).Tag;
        Assert.Equal(first, (await Admin.GetAsync("credentials/tagged")).Tag);

        await Admin.PutCredentialAsync("tagged");
        var second = (await Admin.GetAsync("credentials/tagged")).Tag;
        await Admin.DeleteAsync("credentials/tagged");
        await Admin.PutCredentialAsync("tagged");
        var third = (await Admin.GetAsync("credentials/tagged")).Tag;

        Assert.Equal(3, new[] { first, second, third }.Distinct().Count());
        Assert.All([first, second, third], static tag => Assert.Matches("^\"[!#-~]+\"$", tag));
    }

    [Fact]
    public async Task Credentials_put_at_the_same_time_have_different_entity_tags()
    {
        var tags = await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(async n =>
                {
                    await Admin.PutCredentialAsync($"twin.{n}");
                    return (await Admin.GetAsync($"credentials/twin.{n}")).Tag;
                })
        );

        Assert.Equal(20, tags.Distinct().Count());
    }

    [Theory]
    [InlineData("{0}")]
    [InlineData("W/{0}")]
    [InlineData("*")]
    [InlineData("\"other\", {0}")]
    [InlineData("\"a,b\" , W/\"x\",W/{0}, \"y\"")]
    public async Task A_read_with_the_current_entity_tag_is_304_without_a_body(string condition)
    {
        await Admin.PutCredentialAsync("held", """{"apiKey":"sk-held"}""");
        var tag = (await Admin.GetAsync("credentials/held")).Tag;

        var answer = await Admin.GetAsync("credentials/held", "If-None-Match", condition.Replace("{0}", tag, StringComparison.Ordinal));

        answer.Is(HttpStatusCode.NotModified);
        Assert.Empty(answer.Bytes);
        Assert.Equal(tag, answer.Tag);
    }

    [Theory]
    [InlineData("\"other\"")]
    [InlineData("W/\"other\"")]
    [InlineData("\"*\"")]
    [InlineData("\"\"")]
    public async Task A_read_with_another_entity_tag_returns_the_credential(string condition)
    {
        await Admin.PutCredentialAsync("another");

        (await Admin.GetAsync("credentials/another", "If-None-Match", condition)).Is(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("If-None-Match", "")]
    [InlineData("If-None-Match", "abc")]
    [InlineData("If-None-Match", "\"abc")]
    [InlineData("If-None-Match", "\"a\" \"b\"")]
    [InlineData("If-None-Match", "*, \"a\"")]
    [InlineData("If-Match", "abc")]
    [InlineData("If-Match", "**")]
    public async Task A_malformed_condition_is_400(string header, string condition)
    {
        await Admin.PutCredentialAsync("malformed");

        (await Admin.GetAsync("credentials/malformed", header, condition)).IsInvalid(header);
    }

    [Fact]
    public async Task A_read_that_expects_another_entity_tag_is_412()
    {
        await Admin.PutCredentialAsync("expected");
        var tag = (await Admin.GetAsync("credentials/expected")).Tag;

        (await Admin.GetAsync("credentials/expected", "If-Match", $"\"x\", {tag}")).Is(HttpStatusCode.OK);
        (await Admin.GetAsync("credentials/expected", "If-Match", "*")).Is(HttpStatusCode.OK);
        (await Admin.GetAsync("credentials/expected", "If-Match", "\"x\"")).IsProblem(HttpStatusCode.PreconditionFailed, "conflict");
        (await Admin.GetAsync("credentials/expected", "If-Match", $"W/{tag}")).IsProblem(HttpStatusCode.PreconditionFailed, "conflict");
    }

    [Fact]
    public async Task An_entity_tag_gives_no_access()
    {
        await Admin.PutCredentialAsync("closed");
        var tag = (await Admin.GetAsync("credentials/closed")).Tag;
        using var other = await Admin.WithNewKeyAsync(read: ["other"]);
        using var anonymous = vault.Anonymous();

        (await other.GetAsync("credentials/closed", "If-None-Match", tag)).IsForbidden();
        (await anonymous.GetAsync("credentials/closed", "If-None-Match", tag)).IsUnauthorized();
        await Admin.DeleteAsync("credentials/closed");
        (await Admin.GetAsync("credentials/closed", "If-None-Match", tag)).IsNotFound();
        (await Admin.GetAsync("credentials/closed", "If-None-Match", "*")).IsNotFound();
    }

    [Fact]
    public async Task A_304_is_in_the_audit_log_as_a_read()
    {
        await Admin.PutCredentialAsync("audited.304");
        var key = await Admin.CreateKeyAsync(read: ["audited.304"]);
        using var reader = Admin.With(key.Secret);
        var tag = (await reader.GetAsync("credentials/audited.304")).Tag;

        (await reader.GetAsync("credentials/audited.304", "If-None-Match", tag)).Is(HttpStatusCode.NotModified);

        var entries = (await Admin.GetAsync($"audit?key={key.Id}&action=credential.read&outcome=success")).Json.GetProperty("entries").EnumerateArray();
        Assert.Equal(["audited.304", "audited.304"], entries.Select(static entry => entry.GetProperty("target").GetString()));
    }
}
