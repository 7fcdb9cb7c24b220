using System.Globalization;
using Axvault.Bench.Load;
using Axvault.Bench.Subjects;

namespace Axvault.Bench.Cases;

/// <summary>An encrypted and audited PUT, compared with the same durable insert by pgbench.</summary>
internal static class WriteBench
{
    // The envelope of a PUT of 1 KiB has this size.
    private const string Insert = """
        insert into axvault.credential_version (id, name, type, envelope, created_at, updated_at, current_since)
        values (gen_random_uuid(), 'put', 'api-key', decode(repeat('01', 1091), 'hex'), now(), now(), now());
        """;

    private static readonly int[] Concurrencies = [1, 32, 256];

    /// <summary>Runs the benchmark, and prints a table of medians.</summary>
    public static async Task RunAsync(Comparison comparison)
    {
        var program = await ServerBuild.Native.PublishAsync();
        await using var postgres = await BenchPostgres.StartAsync();
        await using var server = await VaultServer.StartAsync([program, "serve"], await postgres.CreateDatabaseAsync("axvault"));

        // The same table, in a vault without a running server.
        var bare = await postgres.CreateDatabaseAsync("bare");
        await using (await VaultServer.StartAsync([program, "serve"], bare)) { }

        Console.WriteLine($"PUT of a new credential of 1 KiB; medians of {comparison.Rounds} rounds of {comparison.Seconds} s, in turn");
        Console.WriteLine("connections |   req/s       p50      p99    p99.9 ms | pgbench, insert/s | PUT / insert");
        foreach (var connections in Concurrencies)
        {
            var loads = await comparison.RunAsync([
                ("put", seconds => server.PutAnyAsync(connections, seconds)),
                // PostgreSQL would refuse more connections of a user who is not a superuser.
                ("insert", seconds => PgBench.RunAsync(bare, Insert, Math.Min(connections, 64), seconds)),
            ]);
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{connections,11} | {LoadResult.Median(loads["put"])} | {LoadResult.Median(loads["insert"]).Rate,17:0} | "
                        + $"{Comparison.Ratio(loads["put"], loads["insert"], static load => load.Rate):0.00}"
                    )
            );
        }
    }
}
