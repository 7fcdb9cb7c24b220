using System.Globalization;
using Axvault.Bench.Load;
using Axvault.Bench.Subjects;

namespace Axvault.Bench.Cases;

/// <summary>
/// The cost of a read's audit entry: the same read with the entry and without, in turn. Without an entry, no commit can confirm a cached read, so
/// that read queries the database.
/// </summary>
internal static class AuditBench
{
    private static readonly int[] Concurrencies = [1, 32, 256];

    /// <summary>Runs the benchmark, and prints a table of medians.</summary>
    public static async Task RunAsync(Comparison comparison)
    {
        await using var postgres = await BenchPostgres.StartAsync();
        await using var audited = await VaultServer.StartAsync(
            ["dotnet", Path.Combine(AppContext.BaseDirectory, "axvault.dll"), "serve"],
            await postgres.CreateDatabaseAsync("audited")
        );
        await using var unaudited = await VaultServer.StartAsync(
            ["dotnet", Path.Combine(AppContext.BaseDirectory, "Axvault.Bench.dll"), UnauditedServer.Command],
            await postgres.CreateDatabaseAsync("unaudited")
        );
        await audited.PutAsync("bench.1", 1000);
        await unaudited.PutAsync("bench.1", 1000);

        Console.WriteLine($"GET of one credential of 1 KiB; medians of {comparison.Rounds} rounds of {comparison.Seconds} s, in turn");
        Console.WriteLine("connections | with audit: req/s  p50  p99  p99.9 ms | without | throughput, with / without");
        foreach (var connections in Concurrencies)
        {
            var loads = await comparison.RunAsync([
                ("with", seconds => audited.ReadAsync("/api/v1/credentials/bench.1", connections, seconds)),
                ("without", seconds => unaudited.ReadAsync("/api/v1/credentials/bench.1", connections, seconds)),
            ]);
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{connections,11} | {LoadResult.Median(loads["with"])} | {LoadResult.Median(loads["without"])} | "
                        + $"{Comparison.Ratio(loads["with"], loads["without"], static load => load.Rate):0.00}"
                    )
            );
        }
    }
}
