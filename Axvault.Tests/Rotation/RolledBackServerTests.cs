using System.Net;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Issuer;
using Axvault.Tests.Harness.Servers;
using Axvault.Tests.Refresh;

namespace Axvault.Tests.Rotation;

/// <summary>
/// Rows that someone has set back whole, with their envelopes and MACs, are named by a verification. A vault that no one has touched stays valid.
/// </summary>
public sealed class RolledBackServerTests(VaultGraph graph)
{
    [Fact]
    public async Task A_version_set_back_to_before_its_refresh_is_named()
    {
        await using var lab = await RefreshLab.StartAsync(graph);
        using var admin = lab.Admin();
        var issued = await lab.PutDueAsync("a");
        await lab.PutAsync("b");
        await ExecuteAsync(lab.ConnectionString, "create table public.old as select * from axvault.credential_version where name = 'a'");
        (await admin.GetAsync("credentials/a")).Is(HttpStatusCode.OK);
        await IsValidAsync(admin);

        await ExecuteAsync(
            lab.ConnectionString,
            """
            update axvault.credential_version v
            set (envelope, expires_at, revision, updated_at) = (o.envelope, o.expires_at, o.revision, o.updated_at)
            from public.old o where o.id = v.id
            """
        );

        var report = await IsRolledBackAsync(admin, "credential.refresh", "a");
        Assert.Matches("^The credential a was set back: found version [0-9a-f-]{36} revision 1, and the entry says version [0-9a-f-]{36} revision 2.$", report);
        var run = await ProgramRun.ToEndAsync(Verify(lab.ConnectionString));
        Assert.Equal(1, run.ExitCode);
        Assert.Matches("^The [0-9]+ entries of the audit log are intact. A row is older than lane [0-9]+, entry [0-9]+ says \\(rolled-back\\): ", run.Output);
        Assert.EndsWith($"{report}\n", run.Output, StringComparison.Ordinal);
        // The row is one that a server has written, so nothing but the log can tell.
        Assert.Single(lab.RequestsWith(issued.RefreshToken));
        (await admin.GetAsync("credentials/b")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_name_set_back_to_an_older_version_or_brought_back_is_named()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var admin = server.Client(server.BootstrapSecret);
        await admin.PutCredentialAsync("a", """{"v":1}""");
        await admin.PutCredentialAsync("b");
        await ExecuteAsync(database.ConnectionString, "create table public.old as select * from axvault.credential");
        await PassAsync(database.ConnectionString, admin);
        await admin.PutCredentialAsync("a", """{"v":2}""");
        await admin.DeleteAsync("credentials/b");
        await IsValidAsync(admin);

        await SetBackAsync("a");

        Assert.Equal("""{"v":1}""", (await admin.GetAsync("credentials/a")).Raw("data"));
        Assert.StartsWith("The credential a was set back: ", await IsRolledBackAsync(admin, "credential.put", "a"), StringComparison.Ordinal);
        await admin.PutCredentialAsync("a", """{"v":3}""");
        await IsValidAsync(admin);
        await SetBackAsync("b");
        Assert.EndsWith("the entry says deleted.", await IsRolledBackAsync(admin, "credential.delete", "b"), StringComparison.Ordinal);

        Task SetBackAsync(string name) =>
            ExecuteAsync(
                database.ConnectionString,
                $"update axvault.credential c set version_id = o.version_id from public.old o where o.name = c.name and c.name = '{name}'"
            );
    }

    [Fact]
    public async Task A_key_set_back_to_before_its_narrowing_is_named_and_so_is_a_deleted_one()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var admin = server.Client(server.BootstrapSecret);
        var (narrowed, deleted) = (await admin.CreateKeyAsync(["*"]), await admin.CreateKeyAsync(["*"]));
        await ExecuteAsync(database.ConnectionString, "create table public.old as select * from axvault.api_key");
        (await admin.PatchAsync($"keys/{narrowed.Id}", """{"readAccess":[]}""")).Is(HttpStatusCode.OK);
        (await admin.DeleteAsync($"keys/{deleted.Id}")).Is(HttpStatusCode.NoContent);
        await IsValidAsync(admin);

        await SetBackAsync(narrowed.Id);

        using var wide = admin.With(narrowed.Secret);
        (await wide.GetAsync("credentials/absent")).IsNotFound();
        Assert.Matches(
            $"^The API key {narrowed.Id} was set back: found state of .*Z, and the entry says state of .*Z.$",
            await IsRolledBackAsync(admin, "key.update", narrowed.Id)
        );
        (await admin.DeleteAsync($"keys/{narrowed.Id}")).Is(HttpStatusCode.NoContent);
        await IsValidAsync(admin);
        await SetBackAsync(deleted.Id);
        Assert.Equal(
            $"The API key {deleted.Id} was set back: found present, and the entry says deleted.",
            await IsRolledBackAsync(admin, "key.delete", deleted.Id)
        );

        Task SetBackAsync(string id) =>
            ExecuteAsync(
                database.ConnectionString,
                $"""
                with gone as (delete from axvault.api_key where id = '{id}')
                insert into axvault.api_key select * from public.old where id = '{id}'
                on conflict (id) do update set read_access = excluded.read_access, updated_at = excluded.updated_at, mac = excluded.mac
                """
            );
    }

    [Fact]
    public async Task A_rule_an_issuer_and_an_issued_key_that_were_set_back_are_named()
    {
        await using var fleet = new WorkloadFleet(graph);
        await fleet.InitializeAsync();
        var admin = fleet.Admin;
        var rule = await fleet.RuleAsync();
        using (await fleet.KeyAsync(rule)) { }
        var key = (await fleet.AuditedAsync(rule)).GetProperty("target").GetString()!;
        foreach (var table in (string[])["issuer", "rule", "api_key"])
        {
            await ExecuteAsync(fleet.ConnectionString, $"create table public.{table} as select * from axvault.{table}");
        }

        await PassAsync(fleet.ConnectionString, admin);
        (await admin.PutAsync($"rules/{rule}", WorkloadFleet.Rule(static body => body["ttlSeconds"] = 60).ToJsonString())).Is(HttpStatusCode.OK);
        await IsValidAsync(admin);
        await InsertAsync("api_key", "id", key);
        Assert.Equal($"The API key {key} was set back: found present, and the entry says ended.", await IsRolledBackAsync(admin, "rule.put", rule));
        await ExecuteAsync(fleet.ConnectionString, $"delete from axvault.api_key where id = '{key}'");
        await IsValidAsync(admin);

        await ExecuteAsync(fleet.ConnectionString, $"delete from axvault.rule where name = '{rule}'");
        await InsertAsync("rule", "name", rule);
        Assert.StartsWith($"The rule {rule} was set back: found state of ", await IsRolledBackAsync(admin, "rule.put", rule), StringComparison.Ordinal);

        (await admin.PutAsync($"rules/{rule}", WorkloadFleet.Rule(static body => body["ttlSeconds"] = 61).ToJsonString())).Is(HttpStatusCode.OK);
        await ExecuteAsync(fleet.ConnectionString, "delete from public.rule; insert into public.rule select * from axvault.rule");
        await PassAsync(fleet.ConnectionString, admin);
        (await admin.DeleteAsync("issuers/ci")).Is(HttpStatusCode.NoContent);
        await IsValidAsync(admin);
        await InsertAsync("issuer", "name", "ci");
        Assert.Equal("The issuer ci was set back: found present, and the entry says deleted.", await IsRolledBackAsync(admin, "issuer.delete", "ci"));
        (await admin.PutAsync("issuers/ci", new JsonObject { ["issuer"] = "https://ci.example.com" }.ToJsonString())).Is(HttpStatusCode.OK);
        await IsValidAsync(admin);
        await InsertAsync("rule", "name", rule);
        Assert.Equal($"The rule {rule} was set back: found present, and the entry says deleted.", await IsRolledBackAsync(admin, "issuer.delete", "ci"));

        Task InsertAsync(string table, string id, string value) =>
            ExecuteAsync(fleet.ConnectionString, $"insert into axvault.{table} select * from public.{table} where {id} = '{value}'");
    }

    [Fact]
    public async Task A_vault_that_no_one_has_touched_stays_valid()
    {
        await using var lab = await RefreshLab.StartAsync(graph, 2, ("AXVAULT_ENCRYPTION_KEY", RotationLab.Old));
        using VaultClient one = lab.Admin(), two = lab.Admin(1);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(number => (number % 2 == 0 ? one : two).PutCredentialAsync($"name.{number % 4}")));
        await lab.PutDueAsync("tokens");
        (await two.GetAsync("credentials/tokens")).Is(HttpStatusCode.OK);
        await lab.FallDueAsync(TimeSpan.FromMinutes(5), "tokens");
        (await one.GetAsync("credentials/tokens")).Is(HttpStatusCode.OK);
        await Task.WhenAll(LiveAsync(one, "a"), LiveAsync(two, "b"), LiveAsync(one, "shared"), LiveAsync(two, "shared"));
        await IsValidAsync(two);

        foreach (var server in lab.Servers.ToList())
        {
            Assert.Equal(0, await server.StopAsync());
        }

        (string, string)[] keys = [("AXVAULT_ENCRYPTION_KEY", RotationLab.New), ("AXVAULT_ENCRYPTION_KEY_PREVIOUS", RotationLab.Old)];
        var servers = await Task.WhenAll(lab.AddServerAsync(keys), lab.AddServerAsync(keys));
        await using (var rows = RotationLab.On(lab.ConnectionString))
        {
            await rows.UntilMovedAsync(RotationLab.New);
        }

        using VaultClient three = lab.Admin(servers[0]), four = lab.Admin(servers[1]);
        await lab.FallDueAsync(TimeSpan.FromMinutes(5), "tokens");
        (await four.GetAsync("credentials/tokens")).Is(HttpStatusCode.OK);
        await Task.WhenAll(LiveAsync(three, "a"), LiveAsync(four, "b"), LiveAsync(three, "shared"), LiveAsync(four, "shared"));
        await IsValidAsync(three);
        // A put and three refreshes. A call that was decided anew does not say that it has refreshed.
        Assert.Equal(
            4,
            await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select revision from axvault.credential_version where name = 'tokens'")
        );
    }

    // Another call may have changed the name meanwhile, so any answer but a fault of the server is one.
    private static async Task LiveAsync(VaultClient client, string name)
    {
        var key = await client.CreateKeyAsync(["*"]);
        for (var round = 0; round < 3; round++)
        {
            await client.PutCredentialAsync(name);
            await client.PutCredentialAsync(name);
            var versions = await client.GetAsync($"credentials/{name}/versions");
            foreach (var kept in versions.Status == HttpStatusCode.OK ? versions.Json.GetProperty("versions").EnumerateArray().Take(1) : [])
            {
                await client.PostAsync($"credentials/{name}/versions/{kept.GetProperty("version").GetString()}/restore", "");
            }

            await client.DeleteAsync($"credentials/{name}");
            await client.PostAsync($"credentials/{name}/undelete", "");
            await client.DeleteAsync($"credentials/{name}?purge=true");
            await client.PutCredentialAsync(name);
            (await client.PatchAsync($"keys/{key.Id}", $$"""{"name":"round {{round}}"}""")).Is(HttpStatusCode.OK);
            (await client.PostAsync($"keys/{key.Id}/rotate", "{}")).Is(HttpStatusCode.OK);
        }

        (await client.DeleteAsync($"keys/{key.Id}")).Is(HttpStatusCode.NoContent);
    }

    // The order of two entries in different lanes is known when a checkpoint was between them. One that is under way may not cover the newest entries, but the
    // next one does.
    private static async Task PassAsync(string connectionString, VaultClient client)
    {
        var last = await DatabaseContents.ScalarAsync<long>(connectionString, "select max(number) from axvault.checkpoint");
        await Until.HoldsAsync(
            async () =>
            {
                await client.GetAsync("credentials?limit=1");
                return await DatabaseContents.ScalarAsync<long>(
                    connectionString,
                    "select max(checkpoint) from axvault.audit_entry where action = 'credential.list'"
                ) >= last + 2;
            },
            "the server knows a later checkpoint"
        );
    }

    private static async Task IsValidAsync(VaultClient admin)
    {
        var report = (await admin.GetAsync("audit/verify")).Is(HttpStatusCode.OK);
        Assert.True(report.Json.GetProperty("valid").GetBoolean(), report.Text);
    }

    // Returns the detail.
    private static async Task<string> IsRolledBackAsync(VaultClient admin, string action, string target)
    {
        var report = (await admin.GetAsync("audit/verify")).Is(HttpStatusCode.OK).Json;
        Assert.Equal((false, "rolled-back"), (report.GetProperty("valid").GetBoolean(), report.GetProperty("fault").GetString()));
        var entries = (await admin.GetAsync($"audit?action={action}")).Json.GetProperty("entries").EnumerateArray();
        var entry = entries.First(entry => entry.GetProperty("target").GetString() == target);
        Assert.Equal(
            (entry.GetProperty("lane").GetInt64(), entry.GetProperty("sequence").GetInt64()),
            (report.GetProperty("lane").GetInt64(), report.GetProperty("sequence").GetInt64())
        );
        return report.GetProperty("detail").GetString()!;
    }

    private static System.Diagnostics.ProcessStartInfo Verify(string connectionString)
    {
        var start = VaultServer.StartInfo(["audit", "verify"]);
        start.Environment["AXVAULT_DATABASE_URL"] = connectionString;
        start.Environment["AXVAULT_ENCRYPTION_KEY"] = ServerSettings.DefaultKey;
        return start;
    }

    private static Task<int> ExecuteAsync(string connectionString, string sql) => DatabaseContents.ExecuteAsync(connectionString, sql);
}
