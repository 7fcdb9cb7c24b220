using System.Globalization;
using Axvault.Bench.Load;
using Axvault.Bench.Subjects;

namespace Axvault.Bench.Cases;

/// <summary>Replicas on one database and one machine: what it costs that they append to one chain.</summary>
internal static class ReplicaBench
{
    private const int Connections = 32;

    private static readonly int[] Counts = [1, 2, 4];

    /// <summary>Runs it, and prints a table of medians.</summary>
    public static async Task RunAsync(Comparison comparison)
    {
        var program = await ServerBuild.Native.PublishAsync();
        await using var postgres = await BenchPostgres.StartAsync();
        var database = await postgres.CreateDatabaseAsync("axvault");
        var replicas = new List<VaultServer>();
        try
        {
            for (var i = 0; i < Counts[^1]; i++)
            {
                replicas.Add(await VaultServer.StartAsync([program, "serve"], database, replicas.FirstOrDefault()?.Secret));
            }

            await replicas[0].PutAsync("bench.1", 1000);
            var loads = await comparison.RunAsync([.. Counts.Select(count => ($"{count}", (Func<int, Task<LoadResult>>)(seconds => ReadAsync(replicas[..count], seconds))))]);
            Console.WriteLine($"GET of one credential of 1 KiB, {Connections} connections in all; medians of {comparison.Rounds} rounds of {comparison.Seconds} s, by turns");
            Console.WriteLine("replicas |   req/s       p50      p99    p99.9 ms | rate / that of one");
            foreach (var (count, results) in loads)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count,8} | {LoadResult.Median(results)} | {Comparison.Ratio(results, loads["1"], static load => load.Rate):0.00}"));
            }
        }
        finally
        {
            foreach (var replica in replicas)
            {
                await replica.DisposeAsync();
            }
        }
    }

    // All at once; the rates add up, and of the latencies the worst counts.
    private static async Task<LoadResult> ReadAsync(List<VaultServer> replicas, int seconds)
    {
        var loads = await Task.WhenAll(replicas.Select(replica => replica.ReadAsync("/api/v1/credentials/bench.1", Connections / replicas.Count, seconds)));
        return new LoadResult(loads.Sum(static load => load.Rate), loads.Max(static load => load.P50), loads.Max(static load => load.P99), loads.Max(static load => load.P999));
    }
}
