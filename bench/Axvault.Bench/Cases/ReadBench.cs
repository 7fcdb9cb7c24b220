using System.Diagnostics;
using System.Globalization;
using Axvault.Bench.Floors;
using Axvault.Bench.Load;
using Axvault.Bench.Subjects;

namespace Axvault.Bench.Cases;

/// <summary>A read of one credential, compared with its floors: bare Kestrel, and bare Kestrel with one prepared select of the same row.</summary>
internal static class ReadBench
{
    private static readonly int[] Concurrencies = [1, 32, 256];

    /// <summary>Runs the benchmark, and prints a table of medians.</summary>
    public static async Task RunAsync(Comparison comparison, ServerBuild build, bool quick)
    {
        var program = await build.PublishAsync();
        await using var postgres = await BenchPostgres.StartAsync();
        var database = await postgres.CreateDatabaseAsync("axvault");
        await using var server = await VaultServer.StartAsync([program, "serve"], database);
        await server.PutAsync("bench.1", 1000);
        await using var fixedAnswer = await StartFloorAsync(FloorServer.FixedCommand, database);
        await using var select = await StartFloorAsync(FloorServer.SelectCommand, database);

        Console.WriteLine($"GET of one credential of 1 KiB ({build}); medians of {comparison.Rounds} rounds of {comparison.Seconds} s, in turn");
        Console.WriteLine("connections | Axvault: req/s  p50  p99  p99.9 ms | (b) Kestrel + select | (a) Kestrel | rate / (b)  p99 / (b)  rate / (a)");
        foreach (var connections in quick ? [32] : Concurrencies)
        {
            var loads = await comparison.RunAsync([
                ("axvault", seconds => server.ReadAsync("/api/v1/credentials/bench.1", connections, seconds)),
                ("select", seconds => Wrk.RunAsync(new Uri(select.Address, "/bench.1"), "", connections, seconds)),
                ("fixed", seconds => Wrk.RunAsync(fixedAnswer.Address, "", connections, seconds)),
            ]);
            var (axvault, b, a) = (loads["axvault"], loads["select"], loads["fixed"]);
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{connections,11} | {LoadResult.Median(axvault)} | {LoadResult.Median(b)} | {LoadResult.Median(a)} | "
                        + $"{Comparison.Ratio(axvault, b, static load => load.Rate):0.00} {Comparison.Ratio(axvault, b, static load => load.P99):0.00} "
                        + $"{Comparison.Ratio(axvault, a, static load => load.Rate):0.00}"
                    )
            );
        }
    }

    private static Task<BenchProcess> StartFloorAsync(string command, string database) =>
        BenchProcess.StartAsync(
            port =>
            {
                var start = new ProcessStartInfo(
                    "dotnet",
                    [Path.Combine(AppContext.BaseDirectory, "Axvault.Bench.dll"), command, port.ToString(CultureInfo.InvariantCulture)]
                );
                start.Environment[FloorServer.DatabaseVariable] = database;
                return start;
            },
            "/"
        );
}
