using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;
using Npgsql;

namespace Axvault.Tests.Audit;

/// <summary>While the audit log cannot be written nothing is handed out; keys can still be taken away, and the server stopped; and nothing that was done goes unrecorded.</summary>
public sealed class AuditBlockedServerTests(VaultGraph graph)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_blocked_audit_log_is_503_for_all_but_the_removal_of_keys_and_goes_on_by_itself()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var admin = server.Client(server.BootstrapSecret);
        using var anonymous = server.Client();
        (await admin.PutCredentialAsync("guarded")).Is(HttpStatusCode.Created);
        var stolen = await admin.CreateKeyAsync(read: ["*"]);
        using var thief = admin.With(stolen.Secret);

        await using (await LockHeadAsync(database))
        {
            var clock = Stopwatch.StartNew();
            (await admin.GetAsync("credentials/guarded")).IsUnavailable();
            Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(15));

            clock.Restart();
            (await admin.GetAsync("credentials/guarded")).IsUnavailable();
            (await admin.GetAsync("credentials")).IsUnavailable();
            (await anonymous.GetAsync("credentials/guarded")).IsUnavailable();
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(3), $"{clock.Elapsed}");
            (await anonymous.GetAsync("health")).IsUnavailable();
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await anonymous.GetAsync("/health")).Status);
            (await anonymous.GetAsync("/alive")).Is(HttpStatusCode.OK);
            await server.WaitForOutputAsync("The audit log cannot be written");

            (await admin.DeleteAsync($"keys/{stolen.Id}")).Is(HttpStatusCode.NoContent);
            Assert.Equal(0, await DatabaseContents.ScalarAsync<long>(database.ConnectionString, $"select count(*) from axvault.api_key where id = '{stolen.Id}'"));
        }

        await Until.HoldsAsync(async () => await anonymous.TryGetStatusAsync("/health") == HttpStatusCode.OK, "the audit log is written again");
        (await thief.GetAsync("credentials/guarded")).IsUnauthorized();
        var resumed = Assert.Single(await EntriesAsync(admin, "action=audit.resume"));
        Assert.Matches("^nothing could be recorded since .*; [0-9]+ entries were refused$", resumed.GetProperty("reason").GetString());
        await Until.HoldsAsync(async () => (await EntriesAsync(admin, $"action=key.delete&key={stolen.Id}")).Count == 1, "the removal of the key is recorded");
        Assert.Matches("^done at .*, recorded late", (await EntriesAsync(admin, $"action=key.delete&key={stolen.Id}"))[0].GetProperty("reason").GetString());
        Assert.True((await admin.GetAsync("audit/verify")).Json.GetProperty("valid").GetBoolean());
    }

    [Fact]
    public async Task A_key_can_be_taken_away_when_there_is_no_audit_table_at_all()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var admin = server.Client(server.BootstrapSecret);
        var stolen = await admin.CreateKeyAsync(read: ["*"]);
        await DatabaseContents.ExecuteAsync(database.ConnectionString, "drop table axvault.audit_noted, axvault.audit_entry");

        (await admin.PutCredentialAsync("lost")).IsUnavailable();
        (await admin.DeleteAsync($"keys/{stolen.Id}")).Is(HttpStatusCode.NoContent);

        Assert.Equal(0, await DatabaseContents.ScalarAsync<long>(database.ConnectionString, $"select count(*) from axvault.api_key where id = '{stolen.Id}'"));
        Assert.Equal(0, await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(*) from axvault.credential"));
        await server.WaitForOutputAsync("key.delete");
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_server_stops_while_its_audit_log_is_blocked_and_what_it_did_is_recorded_by_the_next()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var admin = server.Client(server.BootstrapSecret);
        (await admin.PutCredentialAsync("unanswered")).Is(HttpStatusCode.Created);
        await using (await LockHeadAsync(database))
        {
            // It is deleted, and cannot be answered: who deletes it again does no harm.
            (await admin.DeleteAsync("credentials/unanswered")).IsUnavailable();
            Assert.Equal(1, await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(*) from axvault.audit_noted"));

            var clock = Stopwatch.StartNew();
            Assert.Equal(0, await server.StopAsync());
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{clock.Elapsed}");
        }

        await using var next = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var client = next.Client(admin.Secret);
        await Until.HoldsAsync(async () => (await EntriesAsync(client, "action=credential.delete&credential=unanswered")).Count == 1, "the removal is recorded");
        Assert.True((await client.GetAsync("audit/verify")).Json.GetProperty("valid").GetBoolean());
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task What_a_killed_server_did_and_had_not_recorded_yet_is_recorded_by_another()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        await using var other = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var admin = server.Client(server.BootstrapSecret);
        using var client = other.Client(admin.Secret);
        (await admin.PutCredentialAsync("killed")).Is(HttpStatusCode.Created);
        await using (await LockHeadAsync(database))
        {
            var removal = admin.DeleteAsync("credentials/killed");
            await Until.HoldsAsync(
                async () => await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(*) from axvault.audit_noted") == 1, "the removal is committed, and noted");
            await server.KillAsync();
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => removal);

            // The append that it may have sent waits in the database, and would be made when the lock is free.
            await DatabaseContents.ExecuteAsync(
                database.ConnectionString, "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = current_database() and query like '%audit_append%' and wait_event_type = 'Lock'");
        }

        // And what somebody else writes among the notes is not.
        await DatabaseContents.ExecuteAsync(
            database.ConnectionString,
            "insert into axvault.audit_noted (id, noted_at, entry, chain_key, seal) select gen_random_uuid(), now() - interval '1 hour', replace(entry, 'credential.delete', 'key.delete'), chain_key, seal from axvault.audit_noted");
        await DatabaseContents.ExecuteAsync(
            database.ConnectionString, "insert into axvault.audit_noted (id, noted_at, entry, chain_key, seal) values (gen_random_uuid(), now() - interval '1 hour', 'x', '\\x0000000000000000', '')");
        (await client.GetAsync("credentials/killed")).IsNotFound();
        await Until.HoldsAsync(async () => (await EntriesAsync(client, "action=credential.delete&credential=killed")).Count == 1, "the removal is recorded");
        Assert.Matches("^done at .*, recorded late$", (await EntriesAsync(client, "action=credential.delete&credential=killed"))[0].GetProperty("reason").GetString());
        await Until.HoldsAsync(async () => (await EntriesAsync(client, "action=audit.forgery")).Count == 2, "the forgeries are told");
        Assert.Empty(await EntriesAsync(client, "action=key.delete"));
    }

    private static async Task<List<JsonElement>> EntriesAsync(VaultClient client, string query) =>
        [.. (await client.GetAsync($"audit?{query}")).Is(HttpStatusCode.OK).Json.GetProperty("entries").EnumerateArray()];

    // What holds the head's row keeps every server from appending.
    private static async Task<NpgsqlConnection> LockHeadAsync(TestDatabase database)
    {
        var connection = await database.OpenAsync(CancellationToken);
        await using var command = new NpgsqlCommand("begin; select from axvault.audit_head for update", connection);
        await command.ExecuteNonQueryAsync(CancellationToken);
        return connection;
    }
}
