using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Keys;

/// <summary>Rows of keys that were changed directly in the database. A row that no server has written gives no right, and spoils nothing else.</summary>
public sealed class KeyTamperingServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private VaultClient Admin => vault.Admin;

    [Theory]
    [InlineData("name = 'other'")]
    [InlineData("secret_version = secret_version + 1")]
    [InlineData("previous_secret_hash = sha256(id::bytea)")]
    [InlineData("previous_secret_hash = sha256(name::bytea), previous_secret_expires_at = 'infinity'")]
    [InlineData("read_access = '{*}'")]
    [InlineData("read_access = '{b.*,a.*}'")]
    [InlineData("write_access = '{*}'")]
    [InlineData("grant_access = '{*}'")]
    [InlineData("read_access = '{}', write_access = '{a.*,b.*}'")]
    [InlineData("use_access = '{*}'")]
    [InlineData("use_access = null")]
    [InlineData("use_access = '{}'")]
    [InlineData("tokens_per_day = tokens_per_day + 1")]
    [InlineData("tokens_per_day = null")]
    [InlineData("requests_per_minute = requests_per_minute + 1")]
    [InlineData("requests_per_minute = null")]
    [InlineData("tokens_per_day = requests_per_minute, requests_per_minute = tokens_per_day")]
    [InlineData("allowed_cidrs = '{}'")]
    [InlineData("allowed_cidrs = '{0.0.0.0/0,::/0}'")]
    [InlineData("expires_at = null")]
    [InlineData("expires_at = 'infinity'")]
    [InlineData("created_at = created_at - interval '1 day'")]
    [InlineData("updated_at = updated_at + interval '1 day'")]
    [InlineData("mac = null")]
    [InlineData("kek_id = null")]
    [InlineData("mac = null, kek_id = null")]
    [InlineData("mac = '\\x00'")]
    [InlineData("mac = set_byte(mac, 31, get_byte(mac, 31) # 1)")]
    [InlineData("mac = sha256('guess'), read_access = '{*}'")]
    public async Task A_key_whose_row_was_changed_is_refused_and_can_only_be_deleted(string change)
    {
        var key = await CreateAsync();
        using var client = Admin.With(key.Secret);
        (await client.GetAsync("credentials")).Is(HttpStatusCode.OK);

        await ExecuteAsync($"update axvault.api_key set {change} where id = '{key.Id}'");

        await AssertRefusedAsync(key.Id, client);
        var patched = await Admin.PatchAsync($"keys/{key.Id}", """{"name":"mended"}""");
        patched.IsProblem(HttpStatusCode.Conflict, "conflict");
        (await Admin.PostAsync($"keys/{key.Id}/rotate", "{}")).IsProblem(HttpStatusCode.Conflict, "conflict");
        (await Admin.GetAsync($"keys/{key.Id}")).IsProblem(HttpStatusCode.InternalServerError, "internal-error");
        (await Admin.DeleteAsync($"keys/{key.Id}")).Is(HttpStatusCode.NoContent);
        Assert.DoesNotContain(key.Id, (await Admin.GetAsync("keys")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_of_the_attacker_in_the_row_of_a_key_is_refused()
    {
        var (victim, own) = (await CreateAsync(), await CreateAsync());
        using var client = Admin.With(own.Secret);

        await ExecuteAsync(
            $"""
            with own as (delete from axvault.api_key where id = '{own.Id}' returning secret_hash)
            update axvault.api_key k set secret_hash = own.secret_hash from own where k.id = '{victim.Id}'
            """
        );

        await AssertRefusedAsync(victim.Id, client);
    }

    [Fact]
    public async Task A_row_that_was_copied_to_another_id_is_refused()
    {
        var (key, id) = (await CreateAsync(), $"k_{Guid.NewGuid():n}"[..14]);
        using var client = Admin.With(key.Secret);

        await ExecuteAsync($"update axvault.api_key set id = '{id}' where id = '{key.Id}'");

        await AssertRefusedAsync(id, client);
        (await Admin.DeleteAsync($"keys/{id}")).Is(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData("read_access = o.read_access")]
    [InlineData("mac = o.mac")]
    [InlineData("read_access = o.read_access, mac = o.mac")]
    [InlineData("name = o.name, read_access = o.read_access, created_at = o.created_at, updated_at = o.updated_at, mac = o.mac")]
    public async Task Columns_that_two_keys_have_swapped_are_refused(string change)
    {
        var (one, two) = (await CreateAsync(), await CreateAsync("c.*", "other name"));
        using var first = Admin.With(one.Secret);
        using var second = Admin.With(two.Secret);

        await ExecuteAsync(
            $"""
            update axvault.api_key k set {change} from axvault.api_key o
            where (k.id, o.id) in (('{one.Id}', '{two.Id}'), ('{two.Id}', '{one.Id}'))
            """
        );

        await AssertRefusedAsync(one.Id, first);
        await AssertRefusedAsync(two.Id, second);
    }

    [Fact]
    public async Task A_foreign_row_with_the_hash_of_a_key_does_not_lock_its_owner_out()
    {
        var key = await CreateAsync();
        using var client = Admin.With(key.Secret);

        await ExecuteAsync(
            $"""
            insert into axvault.api_key (id, name, secret_hash, previous_secret_hash, read_access, write_access, grant_access, created_at, updated_at)
            select 'k_000000000000', 'foreign', sha256('foreign'), secret_hash, '{Star}', '{Star}', '{Star}', '2001-01-01', '2001-01-01'
            from axvault.api_key where id = '{key.Id}'
            """
        );

        (await client.GetAsync("credentials")).Is(HttpStatusCode.OK);
        (await client.GetAsync("keys")).Is(HttpStatusCode.Forbidden);
        (await Admin.DeleteAsync("keys/k_000000000000")).Is(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task A_foreign_administrator_does_not_count_as_the_last_one()
    {
        await ExecuteAsync(
            $"""
            insert into axvault.api_key (id, name, secret_hash, read_access, write_access, grant_access, created_at, updated_at, mac, kek_id)
            select 'k_000000000001', 'foreign', sha256('foreign 1'), '{Star}', '{Star}', '{Star}', now(), now(), mac, kek_id
            from axvault.api_key where name = 'Bootstrap Admin'
            """
        );

        (await Admin.DeleteAsync($"keys/{await FirstAsync()}")).IsProblem(HttpStatusCode.Conflict, "conflict");
        (await Admin.DeleteAsync("keys/k_000000000001")).Is(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task A_key_under_an_encryption_key_that_the_server_lacks_is_503()
    {
        var key = await CreateAsync();
        using var client = Admin.With(key.Secret);

        await ExecuteAsync($"update axvault.api_key set kek_id = '\\x0102030405060708' where id = '{key.Id}'");

        (await client.GetAsync("credentials")).IsUnavailable();
        (await Admin.GetAsync($"keys/{key.Id}")).IsUnavailable();
        Assert.Contains(key.Id, await UnreadableAsync());
        (await Admin.DeleteAsync($"keys/{key.Id}")).Is(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Every_change_of_a_key_by_a_server_leaves_a_row_that_fits()
    {
        var key = await CreateAsync();
        using var client = Admin.With(key.Secret);
        foreach (
            var patch in (string[])
                [
                    """{"name":"ä – 鍵"}""",
                    """{"allowedCidrs":["127.0.0.0/8","::1/128","2001:db8::/32","::ffff:0:0/96","64:ff9b::/96","fe80::5efe:0:0/96","::/0"]}""",
                    """{"expiresAt":"2099-12-31T23:59:59.123456Z"}""",
                    """{"readAccess":["b.*","a.*","b.*"],"writeAccess":[],"grantAccess":["a"]}""",
                    """{"expiresAt":null,"allowedCidrs":[]}""",
                ]
        )
        {
            (await Admin.PatchAsync($"keys/{key.Id}", patch)).Is(HttpStatusCode.OK);
            (await client.GetAsync("credentials")).Is(HttpStatusCode.OK);
        }

        var rotated = (await Admin.PostAsync($"keys/{key.Id}/rotate", """{"overlapSeconds":3600}""")).Is(HttpStatusCode.OK).Json;
        using var next = Admin.With(rotated.GetProperty("secret").GetString());
        (await next.GetAsync("credentials")).Is(HttpStatusCode.OK);
        (await client.GetAsync("credentials")).Is(HttpStatusCode.OK);
        (await Admin.PatchAsync($"keys/{key.Id}", """{"name":"after the rotation"}""")).Is(HttpStatusCode.OK);
        (await client.GetAsync("credentials")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Times_of_use_are_not_sealed()
    {
        var key = await CreateAsync();
        using var client = Admin.With(key.Secret);

        await ExecuteAsync($"update axvault.api_key set last_used_at = '2001-01-01' where id = '{key.Id}'");

        (await client.GetAsync("credentials")).Is(HttpStatusCode.OK);
    }

    private const string Star = "{*}";

    private static readonly string[] Used = ["d.*"];

    private static readonly string[] Loopback = ["127.0.0.0/8", "::1/128"];

    private async Task AssertRefusedAsync(string id, VaultClient client)
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("credentials")).Status);
        var entry = (await Admin.GetAsync($"audit?action=authenticate&key={id}&limit=1")).Is(HttpStatusCode.OK).Json.GetProperty("entries")[0];
        Assert.Equal($"the row of the API key {id} in the database is not what a server has written", entry.GetProperty("reason").GetString());
        Assert.Contains(id, await UnreadableAsync());
        Assert.DoesNotContain(
            (await Admin.GetAsync("keys")).Is(HttpStatusCode.OK).Json.GetProperty("keys").EnumerateArray(),
            key => key.GetProperty("id").GetString() == id
        );
    }

    private async Task<List<string?>> UnreadableAsync() =>
        (await Admin.GetAsync("keys")).Is(HttpStatusCode.OK).Json.TryGetProperty("unreadable", out var ids)
            ? [.. ids.EnumerateArray().Select(static id => id.GetString())]
            : [];

    private async Task<string> FirstAsync() =>
        (await Admin.GetAsync("keys")).Json.GetProperty("keys").EnumerateArray().First(IsFirst).GetProperty("id").GetString()!;

    private static bool IsFirst(JsonElement key) => key.GetProperty("name").GetString() == "Bootstrap Admin";

    private async Task<CreatedKey> CreateAsync(string read = "a.*", string name = "a key")
    {
        var created = (
            await Admin.PostAsync(
                "keys",
                new
                {
                    name,
                    readAccess = new[] { read, "b.*" },
                    useAccess = Used,
                    tokensPerDay = 1000,
                    requestsPerMinute = 10,
                    allowedCidrs = Loopback,
                    expiresAt = "2099-01-01T00:00:00Z",
                }
            )
        )
            .Is(HttpStatusCode.Created)
            .Json;
        return new CreatedKey(created.GetProperty("id").GetString()!, created.GetProperty("secret").GetString()!);
    }

    private Task<int> ExecuteAsync(string sql) => DatabaseContents.ExecuteAsync(vault.ConnectionString, sql);
}
