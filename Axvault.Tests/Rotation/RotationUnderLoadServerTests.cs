using System.Collections.Concurrent;
using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Axvault.Tests.Refresh;

namespace Axvault.Tests.Rotation;

/// <summary>A rotation while clients read, put, delete and refresh. No call fails, and no change is undone.</summary>
public sealed class RotationUnderLoadServerTests(VaultGraph graph)
{
    private const int Seeded = 1500;

    // The rotation moves the row of the key once. The note of its use may change it once a minute.
    private const int MaxMovesOfKey = 3;

    [Fact]
    public async Task A_rotation_under_load_fails_no_call_and_undoes_no_change()
    {
        await using var lab = await RefreshLab.StartAsync(graph, 1, ("AXVAULT_ENCRYPTION_KEY", RotationLab.Old));
        await using var rows = RotationLab.On(lab.ConnectionString);
        await rows.SeedAsync(RotationLab.Old, Seeded);
        string[] tokens = ["tokens.1", "tokens.2", "tokens.3"];
        foreach (var name in tokens)
        {
            await lab.PutDueAsync(name);
        }

        await lab.Servers[0].StopAsync();
        (string, string)[] keys = [("AXVAULT_ENCRYPTION_KEY", RotationLab.New), ("AXVAULT_ENCRYPTION_KEY_PREVIOUS", RotationLab.Old)];
        var servers = await Task.WhenAll(lab.AddServerAsync(keys), lab.AddServerAsync(keys));
        var load = new Load(lab, servers);
        using var end = new CancellationTokenSource();
        var running = load.Run(tokens, end.Token);
        await rows.UntilMovedAsync(RotationLab.New);
        await end.CancelAsync();
        await Task.WhenAll(running);

        var id = await rows.IdAsync(RotationLab.New);
        await Until.HoldsAsync(async () => (await rows.CountAsync()).Keys.SequenceEqual([id]), "nothing is under the old key");
        await rows.VerifySeededAsync(RotationLab.New, Seeded);
        using var admin = lab.Admin(servers[0]);
        Assert.All(load.Counts, static count => Assert.True(count.Value > 0, count.Key));
        foreach (var (name, number) in load.Put)
        {
            Assert.Equal(number, (await admin.GetAsync($"credentials/{name}")).Is(HttpStatusCode.OK).Json.GetProperty("data").GetProperty("n").GetInt32());
        }

        foreach (var name in load.Deleted)
        {
            (await admin.GetAsync($"credentials/{name}")).IsNotFound();
        }

        // Each refresh token was used once, and the newest tokens are stored.
        Assert.All(lab.Proxy.Requests.CountBy(static request => request.RefreshToken ?? "none"), static uses => Assert.Equal(1, uses.Value));
        foreach (var name in tokens)
        {
            Assert.True(await lab.Provider.IsValidAsync((await admin.GetAsync($"credentials/{name}")).Is(HttpStatusCode.OK).Token("access_token")));
        }
    }

    private sealed class Load(RefreshLab lab, VaultServer[] servers)
    {
        public ConcurrentDictionary<string, int> Put { get; } = [];

        public ConcurrentBag<string> Deleted { get; } = [];

        public ConcurrentDictionary<string, int> Counts { get; } =
            new()
            {
                ["puts"] = 0,
                ["deletes"] = 0,
                ["refreshes"] = 0,
                ["reads"] = 0,
            };

        public List<Task> Run(string[] tokens, CancellationToken end) =>
            [
                .. servers.SelectMany(
                    (server, i) =>
                        (Task[])
                            [
                                Task.Run(() => PutAsync(server, $"put.{i}", end), CancellationToken.None),
                                Task.Run(() => DeleteAsync(server, $"deleted.{i}", end), CancellationToken.None),
                                Task.Run(() => ReadAsync(server, end), CancellationToken.None),
                            ]
                ),
                Task.Run(() => RefreshAsync(tokens, end), CancellationToken.None),
            ];

        private async Task PutAsync(VaultServer server, string name, CancellationToken end)
        {
            using var client = lab.Admin(server);
            for (var n = 1; !end.IsCancellationRequested; n++)
            {
                (await client.PutCredentialAsync(name, $$"""{"n":{{n}}}""")).Is(HttpStatusCode.Created);
                Put[name] = n;
                Count("puts");
            }
        }

        private async Task DeleteAsync(VaultServer server, string prefix, CancellationToken end)
        {
            using var client = lab.Admin(server);
            for (var n = 1; !end.IsCancellationRequested; n++)
            {
                var name = $"{prefix}.{n}";
                (await client.PutCredentialAsync(name)).Is(HttpStatusCode.Created);
                (await client.DeleteAsync($"credentials/{name}")).Is(HttpStatusCode.NoContent);
                Deleted.Add(name);
                Count("deletes");
            }
        }

        // Half of the reads hit one row, which is cached and moved meanwhile. The others read every row in turn.
        private async Task ReadAsync(VaultServer server, CancellationToken end)
        {
            using var client = lab.Admin(server);
            for (var n = 0; !end.IsCancellationRequested; n++)
            {
                var number = n % 2 == 0 ? Seeded / 2 : n % Seeded;
                Assert.Equal(RotationLab.Data(number), (await client.GetAsync($"credentials/{RotationLab.Seeded(number)}")).Is(HttpStatusCode.OK).Raw("data"));
                Count("reads");
            }
        }

        private async Task RefreshAsync(string[] tokens, CancellationToken end)
        {
            using var client = lab.Admin(servers[1]);
            var unmarked = 0;
            while (!end.IsCancellationRequested)
            {
                foreach (var name in tokens)
                {
                    var answer = await client.GetAsync($"credentials/{name}");
                    // The row of the key moves, too. A call that has just refreshed is then decided anew, and finds a token that is not due.
                    if (answer.Status == HttpStatusCode.OK && !answer.Headers.ContainsKey("X-Axvault-Refreshed") && unmarked++ < MaxMovesOfKey)
                    {
                        continue;
                    }

                    answer.IsRefreshed();
                    Count("refreshes");
                }

                await lab.FallDueAsync(TimeSpan.FromMinutes(5), tokens);
            }
        }

        private void Count(string kind) => Counts.AddOrUpdate(kind, 1, static (_, count) => count + 1);
    }
}
