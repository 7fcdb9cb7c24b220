using System.Net;
using Axvault.Api.Database;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Npgsql;

namespace Axvault.Tests.Survival;

/// <summary>A frozen server that holds database locks delays the others for seconds, and not until it is ended by hand.</summary>
public sealed class FrozenServerTests(VaultGraph graph)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_schema_lock_is_taken_from_an_idle_session()
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
    public async Task A_key_locked_by_a_frozen_server_can_be_changed_by_another()
    {
        await using var pair = await Pair.StartAsync(graph, "api_key", "delete", "old");
        var key = (await pair.Client.PostAsync("keys", """{"name":"held","readAccess":["a"]}""")).Is(HttpStatusCode.Created).Json.GetProperty("id").GetString();

        var deletion = await pair.FreezeWhileAsync($"keys/{key}");

        (await pair.Client.PatchAsync($"keys/{key}", """{"name":"changed"}""")).Is(HttpStatusCode.OK);
        pair.Thaw();
        (await deletion).IsUnavailable();
        Assert.Equal("changed", (await pair.Client.GetAsync($"keys/{key}")).Json.GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_credential_locked_by_a_frozen_server_can_be_put_by_another()
    {
        await using var pair = await Pair.StartAsync(graph, "credential", "update", "new");
        await pair.Client.PutCredentialAsync("held");

        var deletion = await pair.FreezeWhileAsync("credentials/held");

        (await pair.Client.PutCredentialAsync("held", """{"n":2}""")).Is(HttpStatusCode.Created);
        pair.Thaw();
        (await deletion).IsUnavailable();
        Assert.Equal("""{"n":2}""", (await pair.Client.GetAsync("credentials/held")).Is(HttpStatusCode.OK).Raw("data"));
        (await pair.Client.DeleteAsync("credentials/held")).Is(HttpStatusCode.NoContent);
    }

    // Two servers. One is frozen in the middle of a deletion, which a trigger makes slow.
    private sealed class Pair(TestDatabase database, VaultServer frozen, VaultServer other) : IAsyncDisposable
    {
        private readonly VaultClient _frozenClient = frozen.Client(frozen.BootstrapSecret);

        public VaultClient Client { get; } = other.Client(frozen.BootstrapSecret);

        public static async Task<Pair> StartAsync(VaultGraph graph, string table, string verb, string row)
        {
            var database = await graph.CreateDatabaseAsync();
            var frozen = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
            var other = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
            await DatabaseContents.ExecuteAsync(
                database.ConnectionString,
                $"""
                create function public.take_time() returns trigger language plpgsql as $$ begin perform pg_sleep(1); return {row}; end $$;
                create trigger take_time before {verb} on axvault.{table} for each row execute function public.take_time();
                """
            );
            return new Pair(database, frozen, other);
        }

        public async Task<Task<Answer>> FreezeWhileAsync(string path)
        {
            var deletion = _frozenClient.DeleteAsync(path);
            await Until.HoldsAsync(
                () =>
                    DatabaseContents.ScalarAsync<bool>(
                        database.ConnectionString,
                        "select exists (select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep')"
                    ),
                "the row is being deleted"
            );
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
