using System.Globalization;
using Axvault.Bench.Load;
using Axvault.Bench.Subjects;

namespace Axvault.Bench.Cases;

/// <summary>The console: what it costs a server that is idle, and its list of 100,000 credentials beside that of the API.</summary>
internal static class ConsoleBench
{
    private const int Count = 100_000;
    private const int Starts = 9;

    /// <summary>Runs the benchmark, and prints its tables of medians.</summary>
    public static async Task RunAsync(Comparison comparison)
    {
        var program = await ServerBuild.Native.PublishAsync();
        await using var postgres = await BenchPostgres.StartAsync();
        var database = await postgres.CreateDatabaseAsync("axvault");
        string secret;
        await using (var server = await VaultServer.StartAsync([program, "serve"], database))
        {
            secret = server.Secret;
            await Seed.AddCredentialsAsync(database, Count, 1000);
            await ComparePagesAsync(comparison, server);
        }

        await CompareStartsAsync(program, database, secret);
    }

    private static async Task ComparePagesAsync(Comparison comparison, VaultServer server)
    {
        var session = await server.SignInAsync();
        Console.WriteLine($"The first 100 of {Count} credentials; medians of {comparison.Rounds} rounds of {comparison.Seconds} s, in turn");
        Console.WriteLine("                      |   req/s       p50      p99    p99.9 ms | p50 / API");
        foreach (var connections in new[] { 1, 8 })
        {
            var loads = await comparison.RunAsync([
                ("API", seconds => server.ReadAsync("/api/v1/credentials?limit=100", connections, seconds)),
                ("console", seconds => server.ReadPageAsync("/console/credentials", session, connections, seconds)),
            ]);
            foreach (var (name, results) in loads)
            {
                Console.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{name,-8} {connections,2} connections | {LoadResult.Median(results)} | "
                            + $"{Comparison.Ratio(results, loads["API"], static load => load.P50):0.00}"
                    )
                );
            }
        }
    }

    private static async Task CompareStartsAsync(string program, string database, string secret)
    {
        string[] states = ["on", "off"];
        var figures = states.ToDictionary(static state => state, static _ => new List<(double Start, double Idle)>());
        for (var round = 0; round < Starts; round++)
        {
            foreach (var state in states)
            {
                await using var server = await VaultServer.StartAsync([program, "serve"], database, secret, ("AXVAULT_CONSOLE", state));
                await Task.Delay(1000);
                figures[state].Add((server.Process.StartTime.TotalMilliseconds, server.Process.ResidentMebibytes));
            }
        }

        Console.WriteLine($"console | start to healthy, ms | resident idle, MiB; medians of {Starts} starts, in turn");
        foreach (var (state, starts) in figures)
        {
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{state,-7} | {Medians.Of(starts.Select(static start => start.Start)),20:0} | "
                        + $"{Medians.Of(starts.Select(static start => start.Idle)),18:0.0}"
                )
            );
        }
    }
}
