using System.Diagnostics;
using System.Globalization;
using Axvault.Bench.Floors;
using Axvault.Bench.Load;
using Axvault.Bench.Subjects;

namespace Axvault.Bench.Cases;

/// <summary>
/// A read that refreshes first, compared with the read of a fresh credential. It includes the claim, the provider's answer, and the store of the
/// new tokens with its audit entry. The provider is on loopback and answers at once, so the result is the cost of Axvault and its database.
/// </summary>
internal static class DueBench
{
    private const string Due = "due, different";
    private const string Shared = "due, the same";
    private const string Fresh = "not due";
    private const int Credentials = 2000;

    private static readonly int[] Connections = [1, 32, 256];

    /// <summary>Runs the benchmark, and prints a table of medians.</summary>
    public static async Task RunAsync(Comparison comparison)
    {
        var program = await ServerBuild.Native.PublishAsync();
        await using var postgres = await BenchPostgres.StartAsync();
        await using var provider = await BenchProcess.StartAsync(
            static port => new ProcessStartInfo(Environment.ProcessPath!, [FloorServer.TokenCommand, port.ToString(CultureInfo.InvariantCulture)]),
            "/"
        );
        await using var server = await VaultServer.StartAsync(
            [program, "serve"],
            await postgres.CreateDatabaseAsync("axvault"),
            secret: null,
            ("AXVAULT_OAUTH_BENCH_TOKEN_URL", new Uri(provider.Address, "/token").AbsoluteUri),
            ("AXVAULT_OAUTH_BENCH_CLIENT_ID", "bench"),
            ("AXVAULT_REFRESH_MIN_INTERVAL", "0"),
            ("AXVAULT_REFRESH_LIFETIME_FRACTION", "1"),
            ("AXVAULT_REFRESH_SWEEP_INTERVAL", "0")
        );
        await server.PutAsync("fresh", 1000);
        await server.PutExpiredAsync("shared", "bench");
        await Parallel.ForAsync(1, Credentials + 1, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (number, _) =>
            await server.PutExpiredAsync(string.Create(CultureInfo.InvariantCulture, $"due.{number}"), "bench")
        );

        Console.WriteLine($"GET of 1 KiB with a refresh due; medians of {comparison.Rounds} rounds of {comparison.Seconds} s, in turn");
        Console.WriteLine("connections                    |   req/s       p50      p99    p99.9 ms | rate / not due");
        foreach (var connections in Connections)
        {
            var loads = await comparison.RunAsync([
                (Fresh, seconds => server.ReadAsync("/api/v1/credentials/fresh", connections, seconds)),
                (Due, seconds => server.ReadAnyAsync("due.", Credentials, connections, seconds)),
                (Shared, seconds => server.ReadAsync("/api/v1/credentials/shared", connections, seconds)),
            ]);
            foreach (var (name, results) in loads)
            {
                Console.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{connections,11} {name,-18} | {LoadResult.Median(results)} | "
                            + $"{Comparison.Ratio(results, loads[Fresh], static load => load.Rate):0.000}"
                        )
                );
            }
        }
    }
}
