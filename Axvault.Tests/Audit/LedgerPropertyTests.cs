using System.Collections.Concurrent;
using System.Globalization;
using Axvault.Api.Credentials.Versions;
using Axvault.Tests.Harness.Graph;
using CsCheck;

namespace Axvault.Tests.Audit;

/// <summary>
/// Random interleavings of several servers: they append, change, write checkpoints, stop, are killed, are paused and retire keys. The ledger stays valid, and
/// every acknowledged change has its entry.
/// </summary>
public sealed class LedgerPropertyTests(VaultGraph graph)
{
    private const int Servers = 3;

    private static readonly Gen<int> Server = Gen.Int[0, Servers - 1];

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (5, Gen.Select(Server, Gen.Int[1, 5], static (server, count) => new Step(server, Act.Read, count))),
        (6, Gen.Select(Server, Gen.Int[1, 4], static (server, count) => new Step(server, Act.Put, count))),
        (2, Server.Select(static server => new Step(server, Act.Delete, 1))),
        (3, Server.Select(static server => new Step(server, Act.Checkpoint, 1))),
        (1, Server.Select(static server => new Step(server, Act.Stop, 1))),
        (1, Server.Select(static server => new Step(server, Act.Kill, 1))),
        (2, Server.Select(static server => new Step(server, Act.Pause, 1))),
        (1, Server.Select(static server => new Step(server, Act.Retire, 1)))
    );

    private enum Act
    {
        Read,
        Put,
        Delete,
        Checkpoint,
        Stop,
        Kill,

        /// <summary>The server is silent for so long that another server closes its lanes.</summary>
        Pause,
        Retire,
    }

    [Fact]
    public Task The_ledger_is_valid_after_every_sequence() => RunAsync(sequences: 6);

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public Task The_ledger_is_valid_after_every_one_of_many_sequences() => RunAsync(sequences: 100);

    private Task RunAsync(int sequences) =>
        Steps
            .Array[2, 5]
            .Array[3, 8]
            .SampleAsync(
                async rounds =>
                {
                    await using var lab = await AuditLab.StartAsync(graph);
                    var run = new Run(lab, [.. await StartAsync(lab)]);
                    foreach (var round in rounds)
                    {
                        // The steps of a round run at once. The same server takes one after the other, so that none is used after its end.
                        await Task.WhenAll(round.GroupBy(static step => step.Server).Select(run.ApplyAsync));
                        await run.VerifyAsync();
                    }
                },
                iter: sequences,
                threads: 1
            );

    private static async Task<List<AuditServer>> StartAsync(AuditLab lab)
    {
        List<AuditServer> servers = [];
        for (var i = 0; i < Servers; i++)
        {
            servers.Add(await lab.StartServerAsync());
        }

        return servers;
    }

    /// <summary>The steps of one server.</summary>
    private sealed record Step(int Server, Act Act, int Count);

    /// <summary>One sequence on a ledger of its own. The first server of the lab only observes.</summary>
    private sealed class Run(AuditLab lab, AuditServer[] servers)
    {
        private readonly ConcurrentBag<string> _acknowledged = [];
        private int _number;

        public async Task ApplyAsync(IEnumerable<Step> steps)
        {
            foreach (var step in steps)
            {
                await ApplyAsync(step);
            }
        }

        public async Task VerifyAsync()
        {
            var report = await lab.VerifyAsync();
            Assert.True(report.Valid, $"{report.Fault} at {report.Lane}/{report.Sequence}, checkpoint {report.Checkpoint}: {report.Detail}");
            var entries = await lab.ScalarAsync<string[]>("select coalesce(array_agg(reason), '{}') from axvault.audit_entry where reason like '#%'");
            Assert.Equal(_acknowledged.Order(StringComparer.Ordinal), entries.Order(StringComparer.Ordinal));
            Assert.Equal(0, await lab.CountAsync("axvault.audit_entry where action in ('audit.rollback', 'audit.forgery')"));
        }

        private Task ApplyAsync(Step step)
        {
            var server = servers[step.Server];
            return step.Act switch
            {
                Act.Read => ManyAsync(step.Count, reason => server.WriteAsync(reason)),
                Act.Put => ManyAsync(step.Count, reason => server.PutAsync($"name.{step.Count}", reason)),
                Act.Delete => DeleteAsync(server),
                Act.Checkpoint => server.CheckpointAsync(),
                Act.Stop => RestartAsync(step.Server, static server => server.StopAsync()),
                Act.Kill => RestartAsync(step.Server, static server => server.DisposeAsync().AsTask()),
                Act.Pause => PauseAsync(step.Server),
                _ => server.RetireAsync(),
            };
        }

        private string Next() => string.Create(CultureInfo.InvariantCulture, $"#{Interlocked.Increment(ref _number)}");

        private Task ManyAsync(int count, Func<string, Task> write) =>
            Task.WhenAll(
                Enumerable
                    .Range(0, count)
                    .Select(async _ =>
                    {
                        var reason = Next();
                        await write(reason);
                        _acknowledged.Add(reason);
                    })
            );

        private async Task DeleteAsync(AuditServer server)
        {
            var reason = Next();
            if ((await server.DeleteAsync("name.1", reason)).State == ChangeState.Made)
            {
                _acknowledged.Add(reason);
            }
        }

        private async Task RestartAsync(int server, Func<AuditServer, Task> end)
        {
            await end(servers[server]);
            servers[server] = await lab.StartServerAsync();
        }

        private async Task PauseAsync(int server)
        {
            await lab.ExecuteAsync("delete from axvault.server where id = $1", servers[server].Vault.Server.Id);
            await lab.ExecuteAsync(
                "update axvault.lane set opened_at = opened_at - interval '2 minutes' where server = $1",
                servers[server].Vault.Server.Id
            );
            await lab.Server.CheckpointAsync();
        }
    }
}
