using System.Diagnostics;
using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Survival;

/// <summary>More requests than connections, on a server with the default pool size.</summary>
[Trait("Category", "Long")]
public sealed class PoolServerTests(PoolServerTests.Fixture vault) : IClassFixture<PoolServerTests.Fixture>
{
    private const int Requests = 150;

    [Fact(Explicit = true)]
    public async Task A_burst_of_writes_is_queued_and_served()
    {
        // Other clients use the same PostgreSQL, which has 100 connections in total.
        var others = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => DatabaseContents.OpenAsync(vault.Postgres.ConnectionString)));

        var puts = await Task.WhenAll(Enumerable.Range(0, Requests).Select(i => vault.Admin.PutCredentialAsync($"burst-{i}")));

        Assert.All(puts, static put => put.Is(HttpStatusCode.Created));
        foreach (var other in others)
        {
            await other.DisposeAsync();
        }
    }

    [Fact(Explicit = true)]
    public async Task A_hanging_database_under_load_is_503_in_bounded_time()
    {
        using var probe = vault.Server.Client();
        (await vault.Admin.PutCredentialAsync("kept")).Is(HttpStatusCode.Created);
        Assert.All(await ReadAsync(), static answer => answer.Is(HttpStatusCode.OK));
        var slowest = TimeSpan.Zero;
        var clock = Stopwatch.StartNew();

        ProcessTree.Freeze(vault.Postgres.ProcessId);
        try
        {
            var reads = ReadAsync();
            while (!reads.IsCompleted)
            {
                var probed = Stopwatch.StartNew();
                (await probe.GetAsync("/alive")).Is(HttpStatusCode.OK);
                slowest = probed.Elapsed > slowest ? probed.Elapsed : slowest;
                await Task.Delay(100, TestContext.Current.CancellationToken);
            }

            Assert.All(await reads, static answer => answer.IsUnavailable());
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"The last answer came after {clock.Elapsed}.");
            Assert.True(slowest < TimeSpan.FromSeconds(3), $"/alive took {slowest}.");
        }
        finally
        {
            ProcessTree.Thaw(vault.Postgres.ProcessId);
        }

        await Until.HoldsAsync(async () => (await vault.Admin.GetAsync("credentials/kept")).Status == HttpStatusCode.OK, "the credential is served again");
    }

    private Task<Answer[]> ReadAsync() => Task.WhenAll(Enumerable.Range(0, Requests).Select(_ => vault.Admin.GetAsync("credentials/kept")));

    /// <summary>A server with the default pool size, on a PostgreSQL of its own.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        private PostgresServer? _postgres;
        private VaultServer? _server;
        private VaultClient? _admin;

        public PostgresServer Postgres => _postgres!;

        public VaultServer Server => _server!;

        public VaultClient Admin => _admin!;

        public async ValueTask InitializeAsync()
        {
            _postgres = await PostgresServer.StartNewAsync(TestContext.Current.CancellationToken);
            _server = await VaultServer.StartAsync(new ServerSettings(_postgres.ConnectionString) { DatabaseUrl = _postgres.ConnectionString });
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
