using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Keys;

public sealed class KeyServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private const string Time = @"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$";

    private VaultClient Admin => vault.Admin;

    [Fact]
    public async Task A_new_key_is_returned_with_its_id_and_its_secret()
    {
        var answer = await Admin.PostAsync("keys", """{"name":"CI","readAccess":["claude","codex.*"],"writeAccess":["*"],"grantAccess":[]}""");

        answer.Is(HttpStatusCode.Created);
        Assert.Equal("application/json", answer.ContentType);
        Assert.Equal(
            ["createdAt", "grantAccess", "id", "name", "readAccess", "secret", "updatedAt", "writeAccess"],
            answer.Members.Order(StringComparer.Ordinal)
        );
        Assert.Matches("^k_[0-9a-f]{12}$", answer.Json.GetProperty("id").GetString());
        Assert.Equal("CI", answer.Json.GetProperty("name").GetString());
        Assert.Equal("""["claude","codex.*"]""", answer.Raw("readAccess"));
        Assert.Equal("""["*"]""", answer.Raw("writeAccess"));
        Assert.Equal("[]", answer.Raw("grantAccess"));
        Assert.Matches(Time, answer.Json.GetProperty("createdAt").GetString());
        Assert.Equal(answer.Raw("createdAt"), answer.Raw("updatedAt"));
    }

    [Fact]
    public async Task A_new_key_without_lists_may_do_nothing()
    {
        var answer = await Admin.PostAsync("keys", """{"name":"powerless"}""");

        answer.Is(HttpStatusCode.Created);
        Assert.All(["readAccess", "writeAccess", "grantAccess"], list => Assert.Equal("[]", answer.Raw(list)));
        using var powerless = Admin.With(answer.Json.GetProperty("secret").GetString());
        (await powerless.GetAsync("keys")).IsForbidden();
        (await powerless.PutCredentialAsync("powerless")).IsForbidden();
        (await powerless.GetAsync("credentials/powerless")).IsForbidden();
        (await powerless.PostAsync("keys", """{"name":"another"}""")).IsForbidden();
        Assert.Equal("""{"credentials":[]}""", (await powerless.GetAsync("credentials")).Is(HttpStatusCode.OK).Text);
    }

    [Fact]
    public async Task The_list_has_every_key_and_no_secret_and_no_hash()
    {
        var created = await Admin.CreateKeyAsync(read: ["a"], name: "listed");

        var answer = await Admin.GetAsync("keys");

        answer.Is(HttpStatusCode.OK);
        Assert.Equal(["keys"], answer.Members);
        var keys = answer.Json.GetProperty("keys").EnumerateArray().ToList();
        Assert.Contains(keys, key => key.GetProperty("name").GetString() == "Bootstrap Admin");
        var listed = Assert.Single(keys, key => key.GetProperty("id").GetString() == created.Id);
        Assert.Equal("listed", listed.GetProperty("name").GetString());
        Assert.All(keys, static key =>
            Assert.Equal(
                ["createdAt", "grantAccess", "id", "name", "readAccess", "updatedAt", "writeAccess"],
                key.EnumerateObject().Select(static member => member.Name).Where(static name => name != "lastUsedAt").Order(StringComparer.Ordinal)
            )
        );
        Assert.DoesNotContain("axv_sk_", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_is_shown_without_its_secret()
    {
        var created = await Admin.CreateKeyAsync(read: ["a"], write: ["b.*"], grant: ["*"], name: "shown");

        var answer = await Admin.GetAsync($"keys/{created.Id}");

        answer.Is(HttpStatusCode.OK);
        Assert.Equal(["createdAt", "grantAccess", "id", "name", "readAccess", "updatedAt", "writeAccess"], answer.Members.Order(StringComparer.Ordinal));
        Assert.Equal("""["b.*"]""", answer.Raw("writeAccess"));
        Assert.DoesNotContain("axv_sk_", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name":"renamed"}""", "renamed", """["r"]""", """["w"]""", """["g"]""")]
    [InlineData("""{"readAccess":["x.*"]}""", "before", """["x.*"]""", """["w"]""", """["g"]""")]
    [InlineData("""{"writeAccess":[]}""", "before", """["r"]""", "[]", """["g"]""")]
    [InlineData("""{"grantAccess":["*"]}""", "before", """["r"]""", """["w"]""", """["*"]""")]
    [InlineData("""{"name":"all","readAccess":[],"writeAccess":[],"grantAccess":[]}""", "all", "[]", "[]", "[]")]
    public async Task A_patch_changes_only_the_members_that_it_names(string patch, string name, string read, string write, string grant)
    {
        var created = await Admin.CreateKeyAsync(["r"], ["w"], ["g"], "before");
        var before = await Admin.GetAsync($"keys/{created.Id}");

        var answer = await Admin.PatchAsync($"keys/{created.Id}", patch);

        answer.Is(HttpStatusCode.OK);
        Assert.Equal(name, answer.Json.GetProperty("name").GetString());
        Assert.Equal([read, write, grant], [answer.Raw("readAccess"), answer.Raw("writeAccess"), answer.Raw("grantAccess")]);
        Assert.Equal(before.Raw("createdAt"), answer.Raw("createdAt"));
        Assert.Equal(answer.Text, (await Admin.GetAsync($"keys/{created.Id}")).Text);
    }

    [Fact]
    public async Task A_patched_key_has_its_new_access_at_once()
    {
        (await Admin.PutCredentialAsync("patched")).Is(HttpStatusCode.Created);
        var created = await Admin.CreateKeyAsync();
        using var client = Admin.With(created.Secret);
        (await client.GetAsync("credentials/patched")).IsForbidden();

        (await Admin.PatchAsync($"keys/{created.Id}", """{"readAccess":["patched"]}""")).Is(HttpStatusCode.OK);
        (await client.GetAsync("credentials/patched")).Is(HttpStatusCode.OK);

        (await Admin.PatchAsync($"keys/{created.Id}", """{"readAccess":[]}""")).Is(HttpStatusCode.OK);
        (await client.GetAsync("credentials/patched")).IsForbidden();
    }

    [Fact]
    public async Task A_deleted_key_stops_at_once()
    {
        var created = await Admin.CreateKeyAsync(read: ["*"]);
        using var client = Admin.With(created.Secret);
        (await client.GetAsync("credentials")).Is(HttpStatusCode.OK);

        var answer = await Admin.DeleteAsync($"keys/{created.Id}");

        answer.Is(HttpStatusCode.NoContent);
        Assert.Empty(answer.Bytes);
        (await client.GetAsync("credentials")).IsUnauthorized();
        (await Admin.GetAsync($"keys/{created.Id}")).IsNotFound();
        (await Admin.DeleteAsync($"keys/{created.Id}")).IsNotFound();
        (await Admin.PatchAsync($"keys/{created.Id}", """{"name":"x"}""")).IsNotFound();
    }

    [Fact]
    public async Task A_deleted_key_stops_at_once_on_every_replica()
    {
        await using var replica = await VaultServer.StartAsync(new ServerSettings(vault.ConnectionString));
        Assert.Null(replica.BootstrapSecret);
        for (var i = 0; i < 20; i++)
        {
            var created = await Admin.CreateKeyAsync(read: ["*"]);
            using var elsewhere = replica.Client(created.Secret);
            (await elsewhere.GetAsync("credentials")).Is(HttpStatusCode.OK);
            (await Admin.DeleteAsync($"keys/{created.Id}")).Is(HttpStatusCode.NoContent);
            (await elsewhere.GetAsync("credentials")).IsUnauthorized();
        }
    }

    [Fact]
    public async Task A_key_may_delete_itself_when_it_grants_everything()
    {
        var created = await Admin.CreateKeyAsync(grant: ["*"]);
        using var client = Admin.With(created.Secret);

        (await client.DeleteAsync($"keys/{created.Id}")).Is(HttpStatusCode.NoContent);
        (await client.GetAsync("keys")).IsUnauthorized();
    }

    [Theory]
    [InlineData("k_0123456789ab")]
    [InlineData("k_0123456789AB")]
    [InlineData("k_")]
    [InlineData("nonsense")]
    [InlineData("%00")]
    [InlineData("%ff")]
    [InlineData("k_0123456789ab%0a")]
    [InlineData("'%20or%201=1--")]
    public async Task An_unknown_id_is_404_for_administrators_and_403_for_other_keys(string id)
    {
        using var limited = await Admin.WithNewKeyAsync(["*"], ["*"], ["claude.*"]);
        foreach (var (client, status) in new[] { (Admin, HttpStatusCode.NotFound), (limited, HttpStatusCode.Forbidden) })
        {
            Assert.Contains((await client.GetAsync($"keys/{id}")).Status, OrRefusedByTheListener(id, status));
            Assert.Contains((await client.DeleteAsync($"keys/{id}")).Status, OrRefusedByTheListener(id, status));
            Assert.Contains((await client.PatchAsync($"keys/{id}", """{"name":"x"}""")).Status, OrRefusedByTheListener(id, status));
        }
    }

    [Fact]
    public async Task Ids_and_secrets_never_repeat()
    {
        var created = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Admin.CreateKeyAsync()));

        Assert.Equal(50, created.Select(static key => key.Id).Distinct().Count());
        Assert.Equal(50, created.Select(static key => key.Secret).Distinct().Count());
    }

    [Fact]
    public async Task The_stored_key_holds_a_hash_and_not_the_secret()
    {
        var created = await Admin.CreateKeyAsync(name: "hashed");

        var contents = await DatabaseContents.ReadAsync(vault.ConnectionString);

        Assert.True(contents.Holds(created.Id));
        Assert.False(contents.Holds(created.Secret));
        Assert.False(contents.Holds(created.Secret["axv_sk_".Length..]));
        Assert.False(contents.Holds(vault.Admin.Secret!));
        Assert.True(contents.Holds(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(created.Secret))));
    }

    [Fact]
    public async Task A_request_that_the_read_cache_cannot_serve_reads_the_key_each_time()
    {
        var created = await Admin.CreateKeyAsync(read: ["*"]);
        using var client = Admin.With(created.Secret);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.GetAsync("credentials")));
        Assert.All(answers, static answer => answer.Is(HttpStatusCode.OK));

        await DatabaseContents.ExecuteAsync(vault.ConnectionString, $"delete from axvault.api_key where id = '{created.Id}'");

        (await client.GetAsync("credentials")).IsUnauthorized();
    }

    // The listener refuses a NUL in a path before the request reaches the API.
    private static HttpStatusCode[] OrRefusedByTheListener(string id, HttpStatusCode status) => id == "%00" ? [status, HttpStatusCode.BadRequest] : [status];
}
