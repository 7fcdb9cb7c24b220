using System.Globalization;
using Axvault.Bench.Load;
using Axvault.Bench.Subjects;

namespace Axvault.Bench.Cases;

/// <summary>Other answers to a GET: larger data, 404, 403 and 401. Each leaves its audit entry.</summary>
internal static class AnswerBench
{
    private const string Path = "/api/v1/credentials/bench.1";

    private static readonly int[] Connections = [1, 32, 256];

    /// <summary>Runs the benchmark, and prints a table of medians.</summary>
    public static async Task RunAsync(Comparison comparison)
    {
        var program = await ServerBuild.Native.PublishAsync();
        await using var postgres = await BenchPostgres.StartAsync();
        await using var server = await VaultServer.StartAsync([program, "serve"], await postgres.CreateDatabaseAsync("axvault"));
        await server.PutAsync("bench.1", 1000);
        await server.PutAsync("bench.16", 16_000);
        var weak = await server.CreateKeyAsync("another.*");

        Console.WriteLine($"GET; medians of {comparison.Rounds} rounds of {comparison.Seconds} s, in turn");
        Console.WriteLine("connections                  |   req/s       p50      p99    p99.9 ms | rate / 200 of 1 KiB");
        foreach (var connections in Connections)
        {
            var loads = await comparison.RunAsync([
                ("200, 1 KiB", seconds => server.ReadAsync(Path, connections, seconds)),
                ("200, 16 KiB", seconds => server.ReadAsync("/api/v1/credentials/bench.16", connections, seconds)),
                ("404", seconds => server.ReadAsync("/api/v1/credentials/none", connections, seconds, mayFail: true)),
                ("403", seconds => server.ReadAsync(Path, connections, seconds, weak, mayFail: true)),
                ("401, unknown key", seconds => server.ReadAsync(Path, connections, seconds, VaultServer.UnknownSecret, mayFail: true)),
            ]);
            foreach (var (name, results) in loads)
            {
                Console.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{connections,11} {name,-16} | {LoadResult.Median(results)} | "
                            + $"{Comparison.Ratio(results, loads["200, 1 KiB"], static load => load.Rate):0.00}"
                        )
                );
            }
        }
    }
}
