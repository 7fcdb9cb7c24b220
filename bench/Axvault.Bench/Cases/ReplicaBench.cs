using System.Globalization;
using Axvault.Bench.Load;
using Axvault.Bench.Subjects;

namespace Axvault.Bench.Cases;

/// <summary>Several replicas on one database. Everything runs on one machine, so each replica is also held to a part of a core.</summary>
internal static class ReplicaBench
{
    private const double HeldCores = 0.2;

    private static readonly int[] Counts = [1, 2, 4];

    /// <summary>Runs the benchmark, and prints a table of medians.</summary>
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
            Console.WriteLine($"1 KiB; medians of {comparison.Rounds} rounds of {comparison.Seconds} s, in turn");
            Console.WriteLine("load                            replicas |   req/s       p50      p99    p99.9 ms | rate / one replica");
            foreach (var connections in (int[])[32, 128])
            {
                await CompareAsync(comparison, $"GET, {connections} connections in all", replicas, connections, Read);
                await CompareAsync(comparison, $"PUT, {connections} connections in all", replicas, connections, Put);
            }

            var held = replicas.ConvertAll(static replica => new CpuLimit(replica.Process.Id, HeldCores));
            try
            {
                await CompareAsync(comparison, "GET, each at a fifth of a core", replicas, 128, Read);
                await CompareAsync(comparison, "PUT, each at a fifth of a core", replicas, 128, Put);
            }
            finally
            {
                held.ForEach(static limit => limit.Dispose());
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

    private static Task<LoadResult> Read(VaultServer replica, int connections, int seconds) =>
        replica.ReadAsync("/api/v1/credentials/bench.1", connections, seconds);

    private static Task<LoadResult> Put(VaultServer replica, int connections, int seconds) => replica.PutAnyAsync(connections, seconds);

    private static async Task CompareAsync(
        Comparison comparison,
        string name,
        List<VaultServer> replicas,
        int connections,
        Func<VaultServer, int, int, Task<LoadResult>> load
    )
    {
        var loads = await comparison.RunAsync([
            .. Counts.Select(count => ($"{count}", (Func<int, Task<LoadResult>>)(seconds => TogetherAsync(replicas[..count], connections, seconds, load)))),
        ]);
        foreach (var (count, results) in loads)
        {
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name,-31} {count,8} | {LoadResult.Median(results)} | {Comparison.Ratio(results, loads["1"], static load => load.Rate):0.00}"
                )
            );
        }
    }

    // Loads all replicas at once. The rates are added, and the worst latency counts.
    private static async Task<LoadResult> TogetherAsync(
        List<VaultServer> replicas,
        int connections,
        int seconds,
        Func<VaultServer, int, int, Task<LoadResult>> load
    )
    {
        var loads = await Task.WhenAll(replicas.Select(replica => load(replica, connections / replicas.Count, seconds)));
        return new LoadResult(
            loads.Sum(static load => load.Rate),
            loads.Max(static load => load.P50),
            loads.Max(static load => load.P99),
            loads.Max(static load => load.P999)
        );
    }
}
