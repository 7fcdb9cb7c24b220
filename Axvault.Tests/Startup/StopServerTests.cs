using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Startup;

/// <summary>The stop of a server finishes the requests under way.</summary>
public sealed class StopServerTests(VaultGraph graph)
{
    [Fact]
    public async Task A_stop_finishes_requests_under_way_and_exits_with_0()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var client = server.Client(server.BootstrapSecret);
        (await client.PutCredentialAsync("slow", """{"v":1}""")).Is(HttpStatusCode.Created);

        // A lock on the lanes of the audit log blocks the put until the test releases it.
        await using var connection = await DatabaseContents.OpenAsync(database.ConnectionString);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var hold = new Npgsql.NpgsqlCommand("lock table axvault.lane in exclusive mode", connection, transaction))
        {
            await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        var put = client.PutCredentialAsync("slow", """{"v":2}""");
        await Until.HoldsAsync(
            async () =>
                await DatabaseContents.ScalarAsync<long>(
                    database.ConnectionString,
                    "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
                ) > 0,
            "the put waits for its lane"
        );
        server.Terminate();
        await server.WaitForOutputAsync("Application is shutting down");
        Assert.False(put.IsCompleted);
        await transaction.RollbackAsync(TestContext.Current.CancellationToken);

        (await put).Is(HttpStatusCode.Created);
        Assert.Equal(0, await server.WaitForExitAsync());
        await using var next = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var again = next.Client(client.Secret);
        Assert.Equal("""{"v":2}""", (await again.GetAsync("credentials/slow")).Raw("data"));
    }

    [Fact]
    public async Task A_stop_with_a_delay_is_not_ready_but_serves_and_closes_each_connection()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { Flags = ["--shutdown-delay", "3"] });
        using var client = server.Client(server.BootstrapSecret);
        using var probe = server.Client();
        Assert.False((await client.PutCredentialAsync("leaving")).Is(HttpStatusCode.Created).Headers.ContainsKey("Connection"));
        var clock = System.Diagnostics.Stopwatch.StartNew();

        server.Terminate();
        await Until.HoldsAsync(async () => await probe.TryGetStatusAsync("/health") == HttpStatusCode.ServiceUnavailable, "the server is not ready");

        (await probe.GetAsync("health")).IsUnavailable();
        (await probe.GetAsync("/alive")).Is(HttpStatusCode.OK);
        (await client.PutCredentialAsync("leaving")).Is(HttpStatusCode.Created);
        Assert.Equal("close", (await client.GetAsync("credentials/leaving")).Is(HttpStatusCode.OK).Headers.GetValueOrDefault("Connection"));
        Assert.False(server.HasExited);
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.True(clock.Elapsed > TimeSpan.FromSeconds(3), $"{clock.Elapsed}");
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_stop_with_idle_connections_is_fast()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var idle = await RawHttp.ConnectAsync(server.Address);
        using var client = server.Client(server.BootstrapSecret);
        (await client.GetAsync("credentials")).Is(HttpStatusCode.OK);
        var clock = System.Diagnostics.Stopwatch.StartNew();

        Assert.Equal(0, await server.StopAsync());
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
        Assert.DoesNotContain(server.Output, static line => line.Contains("\"@l\":\"Error\"", StringComparison.Ordinal));
    }
}
