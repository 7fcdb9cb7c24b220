using System.Globalization;
using Axvault.Bench.Load;
using Axvault.Bench.Subjects;

namespace Axvault.Bench.Cases;

/// <summary>Lists of credentials: the first and the last page of 100,000, and all of them in one answer.</summary>
internal static class ListBench
{
    private const int Count = 100_000;
    private const int Page = 50;
    private const int Connections = 32;

    /// <summary>Runs the benchmark, and prints a table of medians.</summary>
    public static async Task RunAsync(Comparison comparison)
    {
        var program = await ServerBuild.Native.PublishAsync();
        await using var postgres = await BenchPostgres.StartAsync();
        var database = await postgres.CreateDatabaseAsync("axvault");
        await using var server = await VaultServer.StartAsync([program, "serve"], database);
        await Seed.AddCredentialsAsync(database, Count, 1000);

        // The names are listed in the order of their bytes, which gives the cursor of the last page.
        var names = Enumerable
            .Range(1, Count)
            .Select(static number => string.Create(CultureInfo.InvariantCulture, $"{Seed.Prefix}{number}"))
            .Order(StringComparer.Ordinal)
            .ToList();
        var loads = await comparison.RunAsync([
            ("first page", seconds => server.ReadAsync($"/api/v1/credentials?limit={Page}", Connections, seconds)),
            ("last page", seconds => server.ReadAsync($"/api/v1/credentials?limit={Page}&cursor={names[^(Page + 1)]}", Connections, seconds)),
        ]);
        Console.WriteLine(
            $"Pages of {Page} of {Count} credentials, {Connections} connections; medians of {comparison.Rounds} rounds of {comparison.Seconds} s, in turn"
        );
        Console.WriteLine("           |   req/s       p50      p99    p99.9 ms | rate / first page");
        foreach (var (name, results) in loads)
        {
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name,-10} | {LoadResult.Median(results)} | {Comparison.Ratio(results, loads["first page"], static load => load.Rate):0.00}"
                )
            );
        }

        var before = server.Process.ResidentMebibytes;
        var (bytes, peak, took) = await server.ListAllAsync();
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"All {Count} at once: {bytes / 1024.0 / 1024:0.0} MiB in {took.TotalSeconds:0.0} s; resident before {before:0} MiB, "
                    + $"at most {peak - before:0} MiB more during the answer"
                )
        );
    }
}
