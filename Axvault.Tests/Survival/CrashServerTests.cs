using System.Collections.Concurrent;
using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Survival;

/// <summary>Acknowledged puts survive a kill of the server or the database.</summary>
public sealed class CrashServerTests(VaultGraph graph)
{
    private const int Writers = 8;

    [Fact]
    public async Task Every_acknowledged_put_survives_a_kill_of_the_server()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        var secret = server.BootstrapSecret!;

        var stream = new PutStream(server, secret);
        await stream.RunUntilAsync(acknowledged: 200, server.KillAsync);

        await using var next = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        await stream.VerifyAsync(next, secret);
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task Every_acknowledged_put_survives_a_kill_of_the_database()
    {
        await using var postgres = await PostgresServer.StartNewAsync(TestContext.Current.CancellationToken);
        await using var server = await VaultServer.StartAsync(new ServerSettings(postgres.ConnectionString));
        var secret = server.BootstrapSecret!;

        var stream = new PutStream(server, secret);
        await stream.RunUntilAsync(acknowledged: 200, postgres.KillAsync);

        await postgres.StartAsync(TestContext.Current.CancellationToken);
        await server.WaitUntilReadyAsync();
        await stream.VerifyAsync(server, secret);
    }

    /// <summary>Clients that put increasing numbers, each into a credential of its own.</summary>
    private sealed class PutStream(VaultServer server, string secret)
    {
        private readonly ConcurrentDictionary<string, int> _acknowledged = [];
        private readonly ConcurrentDictionary<string, int> _sent = [];
        private int _count;

        public async Task RunUntilAsync(int acknowledged, Func<Task> kill)
        {
            using var stop = new CancellationTokenSource();
            var writers = Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync($"writer.{writer}", stop.Token))).ToList();
            await Until.HoldsAsync(() => Volatile.Read(ref _count) >= acknowledged, $"{acknowledged} puts are acknowledged");
            await kill();
            await stop.CancelAsync();
            await Task.WhenAll(writers);
        }

        public async Task VerifyAsync(VaultServer after, string with)
        {
            Assert.Equal(Writers, _acknowledged.Count);
            using var client = after.Client(with);
            foreach (var (name, acknowledged) in _acknowledged)
            {
                var answer = await client.GetAsync($"credentials/{name}");
                answer.Is(HttpStatusCode.OK);
                Assert.InRange(answer.Json.GetProperty("data").GetProperty("n").GetInt32(), acknowledged, _sent[name]);
            }
        }

        private async Task WriteAsync(string name, CancellationToken stop)
        {
            using var client = server.Client(secret);
            for (var n = 1; !stop.IsCancellationRequested; n++)
            {
                _sent[name] = n;
                if (await PutAsync(client, name, n) == HttpStatusCode.Created)
                {
                    _acknowledged[name] = n;
                    Interlocked.Increment(ref _count);
                }
            }
        }

        private static async Task<HttpStatusCode?> PutAsync(VaultClient client, string name, int n)
        {
            try
            {
                return (await client.PutCredentialAsync(name, $$"""{"n":{{n}}}""")).Status;
            }
            catch (HttpRequestException)
            {
                return null;
            }
        }
    }
}
