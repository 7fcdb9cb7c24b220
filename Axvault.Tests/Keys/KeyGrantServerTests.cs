using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Keys;

/// <summary>The grants that a key needs to create, change, read and delete other keys.</summary>
public sealed class KeyGrantServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private VaultClient Admin => vault.Admin;

    [Theory]
    [InlineData("*", "*", true)]
    [InlineData("*", "a", true)]
    [InlineData("*", "a.*", true)]
    [InlineData("a.*", "a.*", true)]
    [InlineData("a.*", "a.b", true)]
    [InlineData("a.*", "a.b.*", true)]
    [InlineData("a.*", "a.", true)]
    [InlineData("a.*", "a*", false)]
    [InlineData("a.*", "a", false)]
    [InlineData("a.*", "A.b", false)]
    [InlineData("a.*", "b", false)]
    [InlineData("a.*", "*", false)]
    [InlineData("a", "a", true)]
    [InlineData("a", "a*", false)]
    [InlineData("a", "ab", false)]
    [InlineData("a", "A", false)]
    [InlineData("a", "*", false)]
    [InlineData("a,b", "a,b", true)]
    [InlineData("a,b", "a,c", false)]
    [InlineData("a*,*", "*", true)]
    [InlineData("", "", false)]
    [InlineData("a", "", false)]
    [InlineData("*", "", true)]
    public async Task A_key_grants_what_is_within_its_own_grants(string own, string requested, bool may)
    {
        using var client = await Admin.WithNewKeyAsync(grant: Split(own));
        foreach (var list in new[] { "readAccess", "writeAccess", "grantAccess", "useAccess" })
        {
            var answer = await client.PostAsync("keys", new Dictionary<string, object> { ["name"] = "granted", [list] = Split(requested) });
            Expect(answer, may, HttpStatusCode.Created);

            // Two of its lists have an entry, so it never loses the last one.
            var target = await Admin.CreateKeyAsync(Split(own)[..Math.Min(1, Split(own).Length)], Split(own)[..Math.Min(1, Split(own).Length)]);
            var answered = await client.PatchAsync($"keys/{target.Id}", new Dictionary<string, object> { [list] = Split(requested) });
            Expect(answered, may || (own.Length > 0 && requested.Length == 0), HttpStatusCode.OK);
        }
    }

    [Theory]
    [InlineData("readAccess")]
    [InlineData("writeAccess")]
    [InlineData("grantAccess")]
    [InlineData("useAccess")]
    public async Task A_key_may_not_change_a_key_that_holds_more_than_it_grants(string list)
    {
        var stronger = await Admin.PostAsync("keys", new Dictionary<string, object> { ["name"] = "stronger", [list] = Split("claude,codex") });
        var id = stronger.Json.GetProperty("id").GetString();
        using var client = await Admin.WithNewKeyAsync(grant: ["claude"]);

        (await client.PatchAsync($"keys/{id}", """{"name":"mine"}""")).IsForbidden();
        (await client.PatchAsync($"keys/{id}", """{"readAccess":[],"writeAccess":[],"grantAccess":[]}""")).IsForbidden();
        (await client.PatchAsync($"keys/{id}", """{"readAccess":["claude"],"writeAccess":[],"grantAccess":[]}""")).IsForbidden();
        Assert.Equal("stronger", (await Admin.GetAsync($"keys/{id}")).Json.GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_key_may_not_give_itself_more_access()
    {
        var created = await Admin.CreateKeyAsync(["claude"], ["claude"], ["claude"]);
        using var client = Admin.With(created.Secret);

        foreach (var list in new[] { "readAccess", "writeAccess", "grantAccess", "useAccess" })
        {
            (await client.PatchAsync($"keys/{created.Id}", new Dictionary<string, object> { [list] = Split("*") })).IsForbidden();
            (await client.PatchAsync($"keys/{created.Id}", new Dictionary<string, object> { [list] = Split("claude,codex") })).IsForbidden();
        }

        (await client.PatchAsync($"keys/{created.Id}", """{"grantAccess":[]}""")).Is(HttpStatusCode.OK);
        (await client.PatchAsync($"keys/{created.Id}", """{"grantAccess":["claude"]}""")).IsForbidden();
    }

    [Fact]
    public async Task A_key_without_entries_is_not_taken_over_by_a_helper_key()
    {
        using var helper = await Admin.WithNewKeyAsync(["team.*"], ["team.*"], ["team.*"]);
        var reserved = await Admin.CreateKeyAsync(name: "reserved");
        var member = await helper.CreateKeyAsync(["team.a"]);

        (await helper.PostAsync($"keys/{reserved.Id}/rotate", "{}")).IsForbidden();
        (await helper.PatchAsync($"keys/{reserved.Id}", """{"name":"mine"}""")).IsForbidden();
        (await helper.PatchAsync($"keys/{reserved.Id}", """{"readAccess":["team.a"]}""")).IsForbidden();
        (await helper.PatchAsync($"keys/{reserved.Id}", """{"allowedCidrs":["127.0.0.1"],"expiresAt":"2099-01-01T00:00:00Z"}""")).IsForbidden();
        (await helper.DeleteAsync($"keys/{reserved.Id}")).IsForbidden();
        (await helper.PostAsync("keys", """{"name":"kept for later"}""")).IsForbidden();
        (await helper.PatchAsync($"keys/{member.Id}", """{"readAccess":[]}""")).IsForbidden();

        (await Admin.PatchAsync($"keys/{reserved.Id}", """{"readAccess":["*"]}""")).Is(HttpStatusCode.OK);
        using var owner = Admin.With(reserved.Secret);
        (await owner.GetAsync("credentials")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_key_without_entries_still_rotates_itself()
    {
        var powerless = await Admin.CreateKeyAsync();
        using var owner = Admin.With(powerless.Secret);

        (await owner.PostAsync($"keys/{powerless.Id}/rotate", "{}")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Read_and_write_access_grant_nothing()
    {
        using var client = await Admin.WithNewKeyAsync(["*"], ["*"]);

        (await client.PostAsync("keys", """{"name":"x"}""")).IsForbidden();
        (await client.PostAsync("keys", """{"name":"x","readAccess":["a"]}""")).IsForbidden();
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a.*,b.*,c*")]
    public async Task Reading_and_deleting_keys_needs_a_grant_of_everything(string own)
    {
        var created = await Admin.CreateKeyAsync();
        using var client = await Admin.WithNewKeyAsync(["*"], ["*"], Split(own));

        (await client.GetAsync("keys")).IsForbidden();
        (await client.GetAsync($"keys/{created.Id}")).IsForbidden();
        (await client.DeleteAsync($"keys/{created.Id}")).IsForbidden();
        (await Admin.GetAsync($"keys/{created.Id}")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_refusal_is_the_same_for_existing_and_missing_keys()
    {
        var created = await Admin.CreateKeyAsync();
        using var client = await Admin.WithNewKeyAsync(["*"], ["*"]);

        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Delete })
        {
            Assert.Equal(
                (await client.SendAsync(method, $"keys/{created.Id}")).IsProblem(HttpStatusCode.Forbidden, "forbidden"),
                (await client.SendAsync(method, "keys/k_000000000000")).IsProblem(HttpStatusCode.Forbidden, "forbidden")
            );
        }

        Assert.Equal(
            (await client.PatchAsync($"keys/{created.Id}", """{"name":"x"}""")).IsProblem(HttpStatusCode.Forbidden, "forbidden"),
            (await client.PatchAsync("keys/k_000000000000", """{"name":"x"}""")).IsProblem(HttpStatusCode.Forbidden, "forbidden")
        );
    }

    [Fact]
    public async Task A_key_made_by_a_limited_key_works()
    {
        (await Admin.PutCredentialAsync("team.claude")).Is(HttpStatusCode.Created);
        using var lead = await Admin.WithNewKeyAsync(grant: ["team.*"]);
        using var member = await lead.WithNewKeyAsync(read: ["team.claude"]);

        (await member.GetAsync("credentials/team.claude")).Is(HttpStatusCode.OK);
        (await member.PutCredentialAsync("team.claude")).IsForbidden();
        (await lead.GetAsync("credentials/team.claude")).IsForbidden();
    }

    private static string[] Split(string entries) => entries.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static void Expect(Answer answer, bool may, HttpStatusCode success)
    {
        if (may)
        {
            answer.Is(success);
        }
        else
        {
            answer.IsForbidden();
        }
    }
}
