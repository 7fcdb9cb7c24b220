using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Credentials;

/// <summary>The names of credentials in paths, and the access entries of keys that cover them.</summary>
public sealed class CredentialNameServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private VaultClient Admin => vault.Admin;

    [Theory]
    [InlineData("a")]
    [InlineData("7")]
    [InlineData("Claude.Work_2-b")]
    [InlineData("a..b")]
    [InlineData("a%2Eb")]
    [InlineData("%61")]
    public async Task A_valid_name_works_and_may_be_percent_encoded(string name)
    {
        (await Admin.PutCredentialAsync(name)).Is(HttpStatusCode.Created);
        (await Admin.GetAsync($"credentials/{name}")).Is(HttpStatusCode.OK);
        (await Admin.DeleteAsync($"credentials/{name}")).Is(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task A_name_has_at_most_128_characters()
    {
        (await Admin.PutCredentialAsync(new string('n', 128))).Is(HttpStatusCode.Created);
        (await Admin.GetAsync($"credentials/{new string('n', 128)}")).Is(HttpStatusCode.OK);
        (await Admin.PutCredentialAsync(new string('n', 129))).IsInvalid("name");
        (await Admin.GetAsync($"credentials/{new string('n', 129)}")).IsInvalid("name");
    }

    [Theory]
    [InlineData(".a")]
    [InlineData("-a")]
    [InlineData("_a")]
    [InlineData("*")]
    [InlineData("a*")]
    [InlineData("a%20b")]
    [InlineData("a%2Fb")]
    [InlineData("a%5Cb")]
    [InlineData("a%0A")]
    [InlineData("a%0D%0Ab")]
    [InlineData("%C3%A9")]
    [InlineData("%EF%BD%81")]
    [InlineData("%FF")]
    [InlineData("%zz")]
    [InlineData("%")]
    [InlineData("a%")]
    [InlineData("a%4")]
    [InlineData("%u0041")]
    [InlineData("%C0%80")]
    [InlineData("%ED%A0%80")]
    [InlineData("a'--")]
    [InlineData("a;b")]
    [InlineData("a:b")]
    [InlineData("a@b")]
    public async Task A_name_with_other_characters_is_400(string name)
    {
        (await Admin.PutCredentialAsync(name)).IsInvalid("name");
        (await Admin.GetAsync($"credentials/{name}")).IsInvalid("name");
        (await Admin.DeleteAsync($"credentials/{name}")).IsInvalid("name");
    }

    [Fact]
    public async Task Names_are_case_sensitive()
    {
        await Admin.PutCredentialAsync("Case", """{"apiKey":"upper"}""");
        await Admin.PutCredentialAsync("case", """{"apiKey":"lower"}""");

        Assert.Equal("""{"apiKey":"upper"}""", (await Admin.GetAsync("credentials/Case")).Raw("data"));
        Assert.Equal("""{"apiKey":"lower"}""", (await Admin.GetAsync("credentials/case")).Raw("data"));
        (await Admin.GetAsync("credentials/CASE")).IsNotFound();
    }

    [Theory]
    [InlineData("*", "anything", true)]
    [InlineData("claude.*", "claude.work", true)]
    [InlineData("claude.*", "claude.", true)]
    [InlineData("claude.*", "claude", false)]
    [InlineData("claude.*", "Claude.work", false)]
    [InlineData("claude.*", "xclaude.work", false)]
    [InlineData("claude*", "claude", true)]
    [InlineData("claude*", "claude2", true)]
    [InlineData("claude", "claude", true)]
    [InlineData("claude", "claude2", false)]
    [InlineData("claude", "Claude", false)]
    [InlineData("a_b", "axb", false)]
    [InlineData("a_*", "axb", false)]
    public async Task An_access_entry_allows_the_names_that_it_covers(string entry, string name, bool reaches)
    {
        await Admin.PutCredentialAsync(name);
        using var reader = await Admin.WithNewKeyAsync(read: [entry]);
        using var writer = await Admin.WithNewKeyAsync(write: [entry]);

        if (reaches)
        {
            (await reader.GetAsync($"credentials/{name}")).Is(HttpStatusCode.OK);
            (await writer.PutCredentialAsync(name)).Is(HttpStatusCode.Created);
        }
        else
        {
            (await reader.GetAsync($"credentials/{name}")).IsForbidden();
            (await writer.PutCredentialAsync(name)).IsForbidden();
            (await writer.DeleteAsync($"credentials/{name}")).IsForbidden();
        }

        (await reader.PutCredentialAsync(name)).IsForbidden();
        (await reader.DeleteAsync($"credentials/{name}")).IsForbidden();
        (await writer.GetAsync($"credentials/{name}")).IsForbidden();
    }

    [Fact]
    public async Task A_refusal_is_the_same_for_existing_and_missing_credentials()
    {
        await Admin.PutCredentialAsync("exists");
        using var other = await Admin.WithNewKeyAsync(["other"], ["other"]);

        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Delete })
        {
            var exists = (await other.SendAsync(method, "credentials/exists")).IsProblem(HttpStatusCode.Forbidden, "forbidden");
            var absent = (await other.SendAsync(method, "credentials/absent")).IsProblem(HttpStatusCode.Forbidden, "forbidden");
            Assert.Equal(exists.Replace("exists", "absent", StringComparison.Ordinal), absent);
        }
    }

    [Fact]
    public async Task A_missing_credential_is_404_for_a_key_with_access()
    {
        using var reader = await Admin.WithNewKeyAsync(read: ["absent.*"], write: ["absent.*"]);

        (await reader.GetAsync("credentials/absent.one")).IsNotFound();
        (await reader.DeleteAsync("credentials/absent.one")).IsNotFound();
    }
}
