using System.Globalization;
using Axvault.Bench.Load;
using Axvault.Bench.Subjects;

namespace Axvault.Bench.Cases;

/// <summary>A PUT, encrypted and audited, against pgbench with the same durable insert.</summary>
internal static class WriteBench
{
    // The size of the envelope of a PUT of 1 KiB.
    private const string Insert =
        """
        \set n random(1, 1000000000)
        insert into axvault.credential (id, name, type, envelope, version, created_at, updated_at, token_of)
        values (gen_random_uuid(), 'put.' || :n, 'api-key', decode(repeat('01', 1091), 'hex'), 1, now(), now(), 1) on conflict do nothing;
        """;

    private static readonly int[] Concurrencies = [1, 32, 256];

    /// <summary>Runs it, and prints a table of medians.</summary>
    public static async Task RunAsync(Comparison comparison)
    {
        var program = await ServerBuild.Native.PublishAsync();
        await using var postgres = await BenchPostgres.StartAsync();
        await using var server = await VaultServer.StartAsync([program, "serve"], await postgres.CreateDatabaseAsync("axvault"));

        // The same table, of a vault that no server works on.
        var bare = await postgres.CreateDatabaseAsync("bare");
        await using (await VaultServer.StartAsync([program, "serve"], bare))
        {
        }

        Console.WriteLine($"PUT of a new credential of 1 KiB; medians of {comparison.Rounds} rounds of {comparison.Seconds} s, by turns");
        Console.WriteLine("connections |   req/s       p50      p99    p99.9 ms | pgbench, insert/s | PUT / insert");
        foreach (var connections in Concurrencies)
        {
            var loads = await comparison.RunAsync(
            [
                ("put", seconds => server.PutAnyAsync(connections, seconds)),
                // More connections than the database has for one who is no superuser would be refused.
                ("insert", seconds => PgBench.RunAsync(bare, Insert, Math.Min(connections, 64), seconds)),
            ]);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{connections,11} | {LoadResult.Median(loads["put"])} | {LoadResult.Median(loads["insert"]).Rate,17:0} | {Comparison.Ratio(loads["put"], loads["insert"], static load => load.Rate):0.00}"));
        }
    }
}
