using System.Globalization;
using Axvault.Bench.Load;
using Axvault.Bench.Subjects;

namespace Axvault.Bench.Cases;

/// <summary>The cost of PgBouncer in transaction mode between server and database, for a read and a write.</summary>
internal static class PoolerBench
{
    private const string Direct = "direct";
    private const string Through = "PgBouncer";

    private static readonly int[] Connections = [1, 32];

    /// <summary>Runs the benchmark, and prints a table of medians.</summary>
    public static async Task RunAsync(Comparison comparison)
    {
        var program = await ServerBuild.Native.PublishAsync();
        await using var postgres = await BenchPostgres.StartAsync();
        var database = await postgres.CreateDatabaseAsync("direct");
        var behind = await postgres.CreateDatabaseAsync("behind");
        await using var bouncer = await PgBouncer.StartAsync(behind, BenchProcess.FreePort(), poolSize: 8);
        await using var direct = await VaultServer.StartAsync([program, "serve"], database);
        await using var through = await VaultServer.StartAsync([program, "serve"], bouncer.ConnectionString);
        await direct.PutAsync("bench.1", 1000);
        await through.PutAsync("bench.1", 1000);

        Console.WriteLine($"1 KiB, without and with PgBouncer in transaction mode; medians of {comparison.Rounds} rounds of {comparison.Seconds} s, in turn");
        Console.WriteLine("connections             |   req/s       p50      p99    p99.9 ms | rate / direct");
        foreach (var connections in Connections)
        {
            await CompareAsync("GET", static (server, clients, seconds) => server.ReadAsync("/api/v1/credentials/bench.1", clients, seconds));
            await CompareAsync("PUT", static (server, clients, seconds) => server.PutAnyAsync(clients, seconds));

            async Task CompareAsync(string call, Func<VaultServer, int, int, Task<LoadResult>> run)
            {
                var loads = await comparison.RunAsync([
                    (Direct, seconds => run(direct, connections, seconds)),
                    (Through, seconds => run(through, connections, seconds)),
                ]);
                foreach (var (name, results) in loads)
                {
                    Console.WriteLine(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{connections,11} {call} {name,-9} | {LoadResult.Median(results)} | "
                                + $"{Comparison.Ratio(results, loads[Direct], static load => load.Rate):0.00}"
                            )
                    );
                }
            }
        }
    }
}
