using System.Diagnostics;
using System.Globalization;
using Axvault.Bench.Floors;
using Axvault.Bench.Subjects;

namespace Axvault.Bench.Layout;

/// <summary>
/// Records which functions a server calls when it starts, serves and refreshes, into the file by which the compiler puts them next to each other: then the pages of
/// the rest, four fifths of the code, are not in memory.
/// </summary>
internal static class LayoutRecording
{
    // The census of the metrics, the sweeps and the beats of the fleet.
    private static readonly TimeSpan BackgroundWork = TimeSpan.FromSeconds(15);

    /// <summary>Runs a server of its own, and rewrites the file.</summary>
    public static async Task RunAsync()
    {
        var program = await ServerBuild.Symbols.PublishAsync();
        using var recorder = await CallRecorder.CreateAsync(program);
        await using var postgres = await BenchPostgres.StartAsync();
        await using var provider = await BenchProcess.StartAsync(static port => new ProcessStartInfo(Environment.ProcessPath!, [FloorServer.TokenCommand, port.ToString(CultureInfo.InvariantCulture)]), "/");
        await using (var server = await VaultServer.StartAsync(
            [.. recorder.Command, "serve"],
            await postgres.CreateDatabaseAsync("axvault"),
            secret: null,
            ("AXVAULT_OAUTH_BENCH_TOKEN_URL", new Uri(provider.Address, "/token").AbsoluteUri),
            ("AXVAULT_OAUTH_BENCH_CLIENT_ID", "bench")))
        {
            await server.PutAsync("bench.1", 1000);
            await server.PutExpiredAsync("due", "bench");
            await server.ReadAsync("/api/v1/credentials/due", connections: 1, seconds: 1);
            await server.ReadAsync("/api/v1/credentials/bench.1", connections: 32, seconds: 2);
            await server.PutAnyAsync(connections: 32, seconds: 2);
            var reader = await server.CreateKeyAsync("bench.*");
            foreach (var path in (string[])["/api/v1/credentials?limit=50", "/api/v1/credentials/none", "/api/v1/keys", "/api/v1/audit?limit=50", "/api/v1/credentials/bench.1/versions"])
            {
                await server.ReadAsync(path, connections: 1, seconds: 1, mayFail: true);
            }

            await server.ReadAsync("/api/v1/credentials/due", connections: 1, seconds: 1, reader, mayFail: true);
            await server.ReadAsync("/api/v1/credentials/bench.1", connections: 1, seconds: 1, VaultServer.UnknownSecret, mayFail: true);
            await Task.Delay(BackgroundWork);
        }

        var (called, file) = (recorder.Called(), Path.Combine(ServerBuilds.Root(), "Axvault.Api", "Native", "called-functions.txt"));
        var before = (await File.ReadAllLinesAsync(file)).ToHashSet(StringComparer.Ordinal);
        await File.WriteAllLinesAsync(file, called);
        Console.WriteLine($"{called.Length} functions were called, {called.Count(name => !before.Contains(name))} of them not in the file before, which had {before.Count}: {file}");
    }
}
