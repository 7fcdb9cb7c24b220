using System.Diagnostics;
using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Survival;

/// <summary>An unavailable database: calls get 503 in bounded time, never 401 or 403, and work again without a restart.</summary>
public sealed class OutageServerTests(OutageServerTests.Fixture vault) : IClassFixture<OutageServerTests.Fixture>
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_stopped_database_is_503_until_it_is_back()
    {
        await OutageAsync(
            static postgres => postgres.StopAsync(TestContext.Current.CancellationToken),
            static postgres => postgres.StartAsync(TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task A_killed_database_is_503_until_it_is_back()
    {
        await OutageAsync(static postgres => postgres.KillAsync(), static postgres => postgres.StartAsync(TestContext.Current.CancellationToken));
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_hanging_database_is_503_until_it_continues()
    {
        await OutageAsync(
            static postgres =>
            {
                ProcessTree.Freeze(postgres.ProcessId);
                return Task.CompletedTask;
            },
            static postgres =>
            {
                ProcessTree.Thaw(postgres.ProcessId);
                return Task.CompletedTask;
            }
        );
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_commit_without_its_synchronous_standby_is_not_acknowledged()
    {
        (await vault.Admin.PutCredentialAsync("waiting", """{"v":1}""")).Is(HttpStatusCode.Created);
        await DatabaseContents.ExecuteAsync(vault.Postgres.ConnectionString, "alter system set synchronous_standby_names = 'absent'");
        await DatabaseContents.ExecuteAsync(vault.Postgres.ConnectionString, "select pg_reload_conf()");
        Task? waits = null;
        try
        {
            // The setting takes effect some time after the reload, once a commit waits.
            await Until.HoldsAsync(
                async () => await Task.WhenAny(waits = CommitAsync(), Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken)) != waits,
                "a commit waits for the standby"
            );
            // PostgreSQL reports a commit that is cancelled while it waits as a success.
            (await vault.Admin.PutCredentialAsync("waiting", """{"v":2}""")).IsUnavailable();
            (await vault.Admin.GetAsync("credentials/waiting")).IsUnavailable();
        }
        finally
        {
            await DatabaseContents.ExecuteAsync(vault.Postgres.ConnectionString, "alter system reset synchronous_standby_names");
            await DatabaseContents.ExecuteAsync(vault.Postgres.ConnectionString, "select pg_reload_conf()");
        }

        await waits!;
        await Until.HoldsAsync(async () => (await vault.Admin.GetAsync("credentials/waiting")).Status == HttpStatusCode.OK, "the credential is served again");

        Task CommitAsync() => DatabaseContents.ExecuteAsync(vault.Postgres.ConnectionString, "select pg_logical_emit_message(true, 'tests', 'a commit')");
    }

    private async Task OutageAsync(Func<PostgresServer, Task> begin, Func<PostgresServer, Task> end)
    {
        (await vault.Admin.PutCredentialAsync("kept", """{"v":"kept"}""")).Is(HttpStatusCode.Created);
        var puts = await CountPutsAsync();
        using var unknown = vault.Server.Client(Fixture.UnknownSecret);
        using var mistyped = vault.Server.Client(Fixture.UnknownSecret[..^1] + "!");
        using var anonymous = vault.Server.Client();
        (await unknown.GetAsync("credentials")).IsUnauthorized();

        await begin(vault.Postgres);
        try
        {
            var clock = Stopwatch.StartNew();
            await Task.WhenAll(
                IsUnavailableAsync("get", vault.Admin.GetAsync("credentials/kept")),
                IsUnavailableAsync("put", vault.Admin.PutCredentialAsync("kept", """{"v":"lost"}""")),
                IsUnavailableAsync("list", vault.Admin.GetAsync("credentials")),
                IsUnavailableAsync("delete", vault.Admin.DeleteAsync("credentials/kept")),
                IsUnavailableAsync("list keys", vault.Admin.GetAsync("keys")),
                IsUnavailableAsync("create key", vault.Admin.PostAsync("keys", """{"name":"lost"}""")),
                IsUnavailableAsync("unknown key", unknown.GetAsync("credentials")),
                IsUnavailableAsync("health", anonymous.GetAsync("health"))
            );
            clock.Restart();
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await anonymous.GetAsync("/health")).Status);
            Assert.True(clock.Elapsed < Bound, $"/health: {clock.Elapsed}");

            // Calls that need no database are answered without it.
            clock.Restart();
            (await anonymous.GetAsync("/alive")).Is(HttpStatusCode.OK);
            (await anonymous.GetAsync("unknown")).IsNotFound();
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(3), $"{clock.Elapsed}");

            // Guesses are not answered either while they cannot be audited.
            await Task.WhenAll(
                IsUnavailableAsync("no key", anonymous.GetAsync("credentials")),
                IsUnavailableAsync("mistyped key", mistyped.GetAsync("credentials"))
            );
        }
        finally
        {
            await end(vault.Postgres);
        }

        await Until.HoldsAsync(async () => await anonymous.TryGetStatusAsync("health") == HttpStatusCode.OK, "the server is healthy again");
        await Until.HoldsAsync(async () => (await vault.Admin.GetAsync("credentials/kept")).Status == HttpStatusCode.OK, "the credential is served again");
        // A put that reached the database before it hung may be committed later, but never without its audit entry.
        Assert.Equal(await CountPutsAsync() == puts ? """{"v":"kept"}""" : """{"v":"lost"}""", (await vault.Admin.GetAsync("credentials/kept")).Raw("data"));
        (await unknown.GetAsync("credentials")).IsUnauthorized();
    }

    private async Task<int> CountPutsAsync() =>
        (await vault.Admin.GetAsync("audit?action=credential.put&outcome=success&credential=kept&limit=1000"))
            .Is(HttpStatusCode.OK)
            .Json.GetProperty("entries")
            .GetArrayLength();

    private static async Task IsUnavailableAsync(string call, Task<Answer> request)
    {
        var clock = Stopwatch.StartNew();
        (await request).IsUnavailable();
        Assert.True(clock.Elapsed < Bound, $"{call}: {clock.Elapsed}");
    }

    /// <summary>A server on a PostgreSQL of its own.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        /// <summary>A well-formed secret that no server knows.</summary>
        public static readonly string UnknownSecret = Api.Keys.ApiKeySecret.Create().Reveal();

        private PostgresServer? _postgres;
        private VaultServer? _server;
        private VaultClient? _admin;

        public PostgresServer Postgres => _postgres!;

        public VaultServer Server => _server!;

        public VaultClient Admin => _admin!;

        public async ValueTask InitializeAsync()
        {
            _postgres = await PostgresServer.StartNewAsync(TestContext.Current.CancellationToken);
            _server = await VaultServer.StartAsync(new ServerSettings(_postgres.ConnectionString));
            _admin = _server.Client(_server.BootstrapSecret);
        }

        public async ValueTask DisposeAsync()
        {
            _admin?.Dispose();
            if (_server is not null)
            {
                await _server.DisposeAsync();
            }

            if (_postgres is not null)
            {
                await _postgres.DisposeAsync();
            }
        }
    }
}
