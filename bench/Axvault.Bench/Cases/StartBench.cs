using System.Diagnostics;
using System.Globalization;
using System.Text;
using Axvault.Api.Encryption;
using Axvault.Bench.Load;
using Axvault.Bench.Subjects;

namespace Axvault.Bench.Cases;

/// <summary>The time from the start of the process to healthy on a migrated database, and its memory, for each kind of compilation in turn.</summary>
internal static class StartBench
{
    private const int Rounds = 5;

    /// <summary>Runs the benchmark, and prints a table of medians.</summary>
    public static async Task RunAsync()
    {
        await using var postgres = await BenchPostgres.StartAsync();
        var database = await postgres.CreateDatabaseAsync("axvault");
        ServerBuild[] builds = [ServerBuild.Native, ServerBuild.ReadyToRun, ServerBuild.Jit];
        var programs = new Dictionary<ServerBuild, string>();
        foreach (var build in builds)
        {
            programs.Add(build, await build.PublishAsync());
        }

        string secret;
        await using (var first = await VaultServer.StartAsync([programs[ServerBuild.Native], "serve"], database))
        {
            secret = first.Secret;
            await first.PutAsync("bench.1", 1000);
        }

        var figures = builds.ToDictionary(static build => build, static _ => new List<(double Start, double Idle, double Loaded)>());
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var build in builds)
            {
                await using var server = await VaultServer.StartAsync([programs[build], "serve"], database, secret);
                await Task.Delay(1000);
                var idle = server.Process.ResidentMebibytes;
                await server.ReadAsync("/api/v1/credentials/bench.1", connections: 32, seconds: 4);
                figures[build].Add((server.Process.StartTime.TotalMilliseconds, idle, server.Process.ResidentMebibytes));
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Key derivation, which every start includes: {DerivationMilliseconds():0} ms"));
        Console.WriteLine("build      | start to healthy, ms | resident idle, MiB | resident under load, MiB");
        foreach (var build in builds)
        {
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{build,-10} | {Medians.Of(figures[build].Select(static figure => figure.Start)),20:0} | "
                        + $"{Medians.Of(figures[build].Select(static figure => figure.Idle)),18:0} | "
                        + $"{Medians.Of(figures[build].Select(static figure => figure.Loaded)),24:0}"
                    )
            );
        }
    }

    private static double DerivationMilliseconds()
    {
        var times = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var derivation = KeyDerivation.Create();
            var start = Stopwatch.GetTimestamp();
            derivation.Derive(Encoding.UTF8.GetBytes(VaultServer.EncryptionKey));
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return Medians.Of(times);
    }
}
