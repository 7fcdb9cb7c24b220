using System.Globalization;
using Axvault.Bench.Load;
using Axvault.Bench.Subjects;

namespace Axvault.Bench.Cases;

/// <summary>The speed of a read as the numbers of stored credentials and keys grow.</summary>
internal static class ScaleBench
{
    private const int Connections = 32;

    private static readonly (int Credentials, int Keys)[] Sizes = [(10, 10), (1_000, 1_000), (100_000, 10_000)];

    /// <summary>Runs the benchmark, and prints a table of medians.</summary>
    public static async Task RunAsync(Comparison comparison)
    {
        var program = await ServerBuild.Native.PublishAsync();
        await using var postgres = await BenchPostgres.StartAsync();
        var vaults = new List<VaultServer>();
        try
        {
            foreach (var (credentials, keys) in Sizes)
            {
                var database = await postgres.CreateDatabaseAsync($"axvault_{credentials}");
                vaults.Add(await VaultServer.StartAsync([program, "serve"], database));
                await Seed.AddCredentialsAsync(database, credentials, 1000);
                await Seed.AddKeysAsync(database, keys);
            }

            Console.WriteLine(
                $"GET of a credential of 1 KiB, {Connections} connections; medians of {comparison.Rounds} rounds of {comparison.Seconds} s, in turn"
            );
            await CompareAsync(comparison, "always the same credential", vaults, static (vault, _, seconds) =>
                vault.ReadAsync($"/api/v1/credentials/{Seed.Prefix}1", Connections, seconds)
            );
            await CompareAsync(comparison, "random credentials", vaults, static (vault, credentials, seconds) =>
                vault.ReadAnyAsync(credentials, Connections, seconds)
            );
        }
        finally
        {
            foreach (var vault in vaults)
            {
                await vault.DisposeAsync();
            }
        }
    }

    private static async Task CompareAsync(Comparison comparison, string title, List<VaultServer> vaults, Func<VaultServer, int, int, Task<LoadResult>> read)
    {
        var loads = await comparison.RunAsync([
            .. vaults.Select(
                (vault, index) => ($"{Sizes[index].Credentials}", (Func<int, Task<LoadResult>>)(seconds => read(vault, Sizes[index].Credentials, seconds)))
            ),
        ]);
        Console.WriteLine(title);
        Console.WriteLine("credentials    keys |   req/s       p50      p99    p99.9 ms | rate / 10 credentials");
        foreach (var (credentials, keys) in Sizes)
        {
            var results = loads[$"{credentials}"];
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{credentials,11} {keys,7} | {LoadResult.Median(results)} | {Comparison.Ratio(results, loads["10"], static load => load.Rate):0.00}"
                )
            );
        }
    }
}
