using System.Net;
using Axvault.Api.Migrations;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;
using Npgsql;

namespace Axvault.Tests.Survival;

/// <summary>A server that is frozen while it holds locks of the database keeps the others waiting for seconds, and not until somebody ends it.</summary>
public sealed class FrozenServerTests(VaultGraph graph)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_lock_of_the_schema_is_taken_from_whoever_does_nothing_with_it()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var frozen = await source.OpenConnectionAsync(Cancelled);
        await using var transaction = await frozen.BeginTransactionAsync(Cancelled);
        await Migrator.LockAsync(transaction, Cancelled);

        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));

        Assert.NotNull(server.BootstrapSecret);
    }

    [Fact]
    public async Task A_key_that_a_frozen_server_was_about_to_delete_can_be_changed_by_another()
    {
        await using var pair = await Pair.StartAsync(graph, "api_key");
        var key = (await pair.Client.PostAsync("keys", """{"name":"held","readAccess":["a"]}""")).Is(HttpStatusCode.Created).Json.GetProperty("id").GetString();

        var deletion = await pair.FreezeWhileAsync($"keys/{key}");

        (await pair.Client.PatchAsync($"keys/{key}", """{"name":"changed"}""")).Is(HttpStatusCode.OK);
        pair.Thaw();
        (await deletion).IsUnavailable();
        Assert.Equal("changed", (await pair.Client.GetAsync($"keys/{key}")).Json.GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_credential_that_a_frozen_server_was_about_to_delete_can_be_put_and_deleted_by_another()
    {
        await using var pair = await Pair.StartAsync(graph, "credential");
        await pair.Client.PutCredentialAsync("held");

        var deletion = await pair.FreezeWhileAsync("credentials/held");

        (await pair.Client.PutCredentialAsync("held", """{"n":2}""")).Is(HttpStatusCode.Created);
        pair.Thaw();
        (await deletion).IsUnavailable();
        Assert.Equal("""{"n":2}""", (await pair.Client.GetAsync("credentials/held")).Is(HttpStatusCode.OK).Raw("data"));
        (await pair.Client.DeleteAsync("credentials/held")).Is(HttpStatusCode.NoContent);
    }

    // Two servers, of which one is frozen in the middle of a deletion that the database takes its time for.
    private sealed class Pair(TestDatabase database, VaultServer frozen, VaultServer other) : IAsyncDisposable
    {
        private readonly VaultClient _frozenClient = frozen.Client(frozen.BootstrapSecret);

        public VaultClient Client { get; } = other.Client(frozen.BootstrapSecret);

        public static async Task<Pair> StartAsync(VaultGraph graph, string table)
        {
            var database = await graph.CreateDatabaseAsync();
            var frozen = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
            var other = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
            await DatabaseContents.ExecuteAsync(
                database.ConnectionString,
                $"""
                create function public.take_time() returns trigger language plpgsql as $$ begin perform pg_sleep(1); return old; end $$;
                create trigger take_time before delete on axvault.{table} for each row execute function public.take_time();
                """);
            return new Pair(database, frozen, other);
        }

        public async Task<Task<Answer>> FreezeWhileAsync(string path)
        {
            var deletion = _frozenClient.DeleteAsync(path);
            await Until.HoldsAsync(
                () => DatabaseContents.ScalarAsync<bool>(database.ConnectionString, "select exists (select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep')"),
                "the row is being deleted");
            Signal.Send(frozen.ProcessId, Signal.Stop);
            return deletion;
        }

        public void Thaw() => Signal.Send(frozen.ProcessId, Signal.Continue);

        public async ValueTask DisposeAsync()
        {
            Thaw();
            _frozenClient.Dispose();
            Client.Dispose();
            await other.DisposeAsync();
            await frozen.DisposeAsync();
            await database.DisposeAsync();
        }
    }
}
