using System.Globalization;
using Axvault.Bench.Load;
using Axvault.Bench.Subjects;

namespace Axvault.Bench.Cases;

/// <summary>What else a GET is answered with: larger data, nothing, and refusals. Each leaves its audit entry.</summary>
internal static class AnswerBench
{
    private const int Connections = 32;
    private const string Path = "/api/v1/credentials/bench.1";

    /// <summary>Runs it, and prints a table of medians.</summary>
    public static async Task RunAsync(Comparison comparison)
    {
        var program = await ServerBuild.Native.PublishAsync();
        await using var postgres = await BenchPostgres.StartAsync();
        await using var server = await VaultServer.StartAsync([program, "serve"], await postgres.CreateDatabaseAsync("axvault"));
        await server.PutAsync("bench.1", 1000);
        await server.PutAsync("bench.16", 16_000);
        var weak = await server.CreateKeyAsync("another.*");

        var loads = await comparison.RunAsync(
        [
            ("200, 1 KiB", seconds => server.ReadAsync(Path, Connections, seconds)),
            ("200, 16 KiB", seconds => server.ReadAsync("/api/v1/credentials/bench.16", Connections, seconds)),
            ("404", seconds => server.ReadAsync("/api/v1/credentials/none", Connections, seconds, mayFail: true)),
            ("403", seconds => server.ReadAsync(Path, Connections, seconds, weak, mayFail: true)),
            ("401, unknown key", seconds => server.ReadAsync(Path, Connections, seconds, VaultServer.UnknownSecret, mayFail: true)),
        ]);
        Console.WriteLine($"GET, {Connections} connections; medians of {comparison.Rounds} rounds of {comparison.Seconds} s, by turns");
        Console.WriteLine("                 |   req/s       p50      p99    p99.9 ms | rate / 200 of 1 KiB");
        foreach (var (name, results) in loads)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-16} | {LoadResult.Median(results)} | {Comparison.Ratio(results, loads["200, 1 KiB"], static load => load.Rate):0.00}"));
        }
    }
}
