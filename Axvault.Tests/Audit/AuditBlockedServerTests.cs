using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Npgsql;

namespace Axvault.Tests.Audit;

/// <summary>
/// While the audit log cannot be written, the server returns no credential. Keys can still be deleted and the server can still stop. Every action is
/// recorded later.
/// </summary>
public sealed class AuditBlockedServerTests(VaultGraph graph)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_starts_while_the_log_is_blocked_waits_for_it()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using (var first = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString)))
        {
            Assert.Equal(0, await first.StopAsync());
        }

        // A lock would hold the migrations up, which come before.
        await DatabaseContents.ExecuteAsync(
            database.ConnectionString,
            """
            create function axvault.refuse() returns trigger language plpgsql as $$ begin raise exception 'refused by a test'; end $$;
            create trigger refuse before insert on axvault.audit_entry for each row execute function axvault.refuse()
            """
        );
        await using var server = VaultServer.Launch(new ServerSettings(database.ConnectionString));
        await server.WaitForOutputAsync("The server is not ready");
        using var client = server.Client();
        (await client.GetAsync("/alive")).Is(HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/health")).Status);

        await DatabaseContents.ExecuteAsync(database.ConnectionString, "drop trigger refuse on axvault.audit_entry");

        await Until.HoldsAsync(async () => await client.TryGetStatusAsync("/health") == HttpStatusCode.OK, "the server is ready");
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_blocked_audit_log_is_503_except_for_deleting_keys_and_recovers_by_itself()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var admin = server.Client(server.BootstrapSecret);
        using var anonymous = server.Client();
        (await admin.PutCredentialAsync("guarded")).Is(HttpStatusCode.Created);
        var stolen = await admin.CreateKeyAsync(read: ["*"]);
        using var thief = admin.With(stolen.Secret);

        await using (await LockLanesAsync(database))
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
            Assert.Equal(
                0,
                await DatabaseContents.ScalarAsync<long>(database.ConnectionString, $"select count(*) from axvault.api_key where id = '{stolen.Id}'")
            );
        }

        await Until.HoldsAsync(async () => await anonymous.TryGetStatusAsync("/health") == HttpStatusCode.OK, "the audit log is written again");
        (await thief.GetAsync("credentials/guarded")).IsUnauthorized();
        var resumed = Assert.Single(await EntriesAsync(admin, "action=audit.resume"));
        Assert.Matches("^nothing could be recorded since .*; [0-9]+ entries were refused$", resumed.GetProperty("reason").GetString());
        await Until.HoldsAsync(async () => (await EntriesAsync(admin, $"action=key.delete&key={stolen.Id}")).Count == 1, "the deletion of the key is recorded");
        Assert.Matches("^done at .*, recorded late", (await EntriesAsync(admin, $"action=key.delete&key={stolen.Id}"))[0].GetProperty("reason").GetString());
        Assert.True((await admin.GetAsync("audit/verify")).Json.GetProperty("valid").GetBoolean());
    }

    [Fact]
    public async Task A_key_can_be_deleted_without_any_audit_table()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var admin = server.Client(server.BootstrapSecret);
        var stolen = await admin.CreateKeyAsync(read: ["*"]);
        await DatabaseContents.ExecuteAsync(database.ConnectionString, "drop table axvault.audit_note, axvault.audit_entry");

        (await admin.PutCredentialAsync("lost")).IsUnavailable();
        (await admin.DeleteAsync($"keys/{stolen.Id}")).Is(HttpStatusCode.NoContent);

        Assert.Equal(0, await DatabaseContents.ScalarAsync<long>(database.ConnectionString, $"select count(*) from axvault.api_key where id = '{stolen.Id}'"));
        Assert.Equal(0, await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(*) from axvault.credential"));
        await server.WaitForOutputAsync("key.delete");
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_server_stops_with_a_blocked_audit_log_and_the_next_records_its_actions()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var admin = server.Client(server.BootstrapSecret);
        (await admin.PutCredentialAsync("kept")).Is(HttpStatusCode.Created);
        var stolen = await admin.CreateKeyAsync(read: ["*"]);
        await using (await LockLanesAsync(database))
        {
            // No change is made without its entry, except for the deletion of a key.
            (await admin.DeleteAsync("credentials/kept")).IsUnavailable();
            (await admin.DeleteAsync($"keys/{stolen.Id}")).Is(HttpStatusCode.NoContent);
            Assert.Equal(1, await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(*) from axvault.audit_note"));

            var clock = Stopwatch.StartNew();
            Assert.Equal(0, await server.StopAsync());
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{clock.Elapsed}");
        }

        await using var next = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var client = next.Client(admin.Secret);
        await Until.HoldsAsync(async () => (await EntriesAsync(client, $"action=key.delete&key={stolen.Id}")).Count == 1, "the deletion is recorded");
        (await client.GetAsync("credentials/kept")).Is(HttpStatusCode.OK);
        Assert.Empty(await EntriesAsync(client, "action=credential.delete"));
        Assert.True((await client.GetAsync("audit/verify")).Json.GetProperty("valid").GetBoolean());
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task Unrecorded_actions_of_a_killed_server_are_recorded_by_another()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        await using var other = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var admin = server.Client(server.BootstrapSecret);
        using var client = other.Client(admin.Secret);
        var stolen = await admin.CreateKeyAsync(read: ["*"]);
        await using (await LockLanesAsync(database))
        {
            var removal = admin.DeleteAsync($"keys/{stolen.Id}");
            await Until.HoldsAsync(
                async () => await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(*) from axvault.audit_note") == 1,
                "the deletion is committed and noted"
            );
            await server.KillAsync();
            (await removal).Is(HttpStatusCode.NoContent);

            // An append that the killed server sent may still wait in the database. It would run when the lock is free, so end it.
            await DatabaseContents.ExecuteAsync(
                database.ConnectionString,
                """
                select pg_terminate_backend(pid, 10000) from pg_stat_activity
                where datname = current_database() and query like '%audit_append%' and wait_event_type = 'Lock'
                """
            );

            // Forged notes are not recorded as actions. They are made while no server can take the true one.
            await DatabaseContents.ExecuteAsync(
                database.ConnectionString,
                """
                insert into axvault.audit_note (id, noted_at, entry, kek_id, seal)
                select gen_random_uuid(), now() - interval '1 hour', replace(entry, 'key.delete', 'key.rotate'), kek_id, seal
                from axvault.audit_note
                """
            );
            await DatabaseContents.ExecuteAsync(
                database.ConnectionString,
                """
                insert into axvault.audit_note (id, noted_at, entry, kek_id, seal)
                values (gen_random_uuid(), now() - interval '1 hour', 'x', '\x0000000000000000', '')
                """
            );
        }

        (await client.GetAsync($"keys/{stolen.Id}")).IsNotFound();
        await Until.HoldsAsync(async () => (await EntriesAsync(client, $"action=key.delete&key={stolen.Id}")).Count == 1, "the deletion is recorded");
        Assert.Matches(
            "^done at .*, recorded late$",
            (await EntriesAsync(client, $"action=key.delete&key={stolen.Id}"))[0].GetProperty("reason").GetString()
        );
        await Until.HoldsAsync(async () => (await EntriesAsync(client, "action=audit.forgery")).Count == 2, "the forgeries are recorded");
        Assert.Empty(await EntriesAsync(client, "action=key.rotate"));
    }

    private static async Task<List<JsonElement>> EntriesAsync(VaultClient client, string query) =>
        [.. (await client.GetAsync($"audit?{query}")).Is(HttpStatusCode.OK).Json.GetProperty("entries").EnumerateArray()];

    // Returns a connection that locks the lanes, so that no server can append or open one.
    private static async Task<NpgsqlConnection> LockLanesAsync(TestDatabase database)
    {
        var connection = await database.OpenAsync(CancellationToken);
        await using var command = new NpgsqlCommand("begin; lock table axvault.lane in exclusive mode", connection);
        await command.ExecuteNonQueryAsync(CancellationToken);
        return connection;
    }
}
