using System.Globalization;
using Axvault.Bench.Load;
using Axvault.Bench.Subjects;

namespace Axvault.Bench.Cases;

/// <summary>A read compared with a bare select by pgbench, and with etcd, which neither audits nor decrypts.</summary>
internal static class PeerBench
{
    private const int Connections = 32;

    /// <summary>Runs the benchmark, and prints a table of medians.</summary>
    public static async Task RunAsync(Comparison comparison)
    {
        var program = await ServerBuild.Native.PublishAsync();
        await using var postgres = await BenchPostgres.StartAsync();
        var database = await postgres.CreateDatabaseAsync("axvault");
        await using var server = await VaultServer.StartAsync([program, "serve"], database);
        await server.PutAsync("bench.1", 1000);
        await using var etcd = await EtcdServer.StartAsync(1000);

        var loads = await comparison.RunAsync([
            ("Axvault", seconds => server.ReadAsync("/api/v1/credentials/bench.1", Connections, seconds)),
            ("(c) pgbench, select", seconds =>
                PgBench.RunAsync(
                    database,
                    """
                    select name, type, agent, provider, expires_at, created_at, updated_at, envelope
                    from axvault.credential_version where name = 'bench.1' and position is null;
                    """,
                    Connections,
                    seconds
                )
            ),
            ("(d) etcd, range of one", seconds => etcd.ReadAsync(Connections, seconds)),
        ]);
        Console.WriteLine(
            $"GET of one credential of 1 KiB, {Connections} connections; medians of {comparison.Rounds} rounds of {comparison.Seconds} s, in turn"
        );
        Console.WriteLine("                       |   req/s       p50      p99    p99.9 ms | Axvault's rate / this");
        foreach (var (name, results) in loads)
        {
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name,-22} | {LoadResult.Median(results)} | {Comparison.Ratio(loads["Axvault"], results, static load => load.Rate):0.00}"
                )
            );
        }
    }
}
