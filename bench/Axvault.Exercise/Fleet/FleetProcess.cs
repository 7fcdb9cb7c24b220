using System.Diagnostics;
using Axvault.AppHost.EmbeddedPostgres;
using Axvault.Bench.Subjects;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Exercise.Fleet;

/// <summary>Starts and stops the programs of a fleet.</summary>
internal static class FleetProcess
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    // Variables of the developer's environment that must not affect the exercise.
    private static readonly string[] Inherited = ["AXVAULT_", "ASPNETCORE_", "DOTNET_ENVIRONMENT", "OTEL_", "ConnectionStrings__", "PG", "PATRONI_", "ETCD_"];

    /// <summary>Returns start information with a session of its own. Ctrl-C then reaches only the exercise, which stops everything in order.</summary>
    public static ProcessStartInfo Describe(string program, IEnumerable<string> arguments, string folder, bool asPostgres = false)
    {
        var (wrapped, all) = OwnSession.Wrap(asPostgres ? UnprivilegedUser.Wrap(program, arguments) : (program, [.. arguments]));
        var start = ChildProcess.StartInfo(wrapped, all, folder);
        foreach (var name in start.Environment.Keys.Where(static name => Inherited.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))).ToList())
        {
            start.Environment.Remove(name);
        }

        // A killed process would leave its diagnostic sockets behind.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return start;
    }

    /// <summary>Asks <paramref name="process"/> to stop, as an orchestrator does, and returns its exit code.</summary>
    public static async Task<int> StopAsync(BenchProcess process)
    {
        Signal.Send(process.Id, Signal.Terminate);
        return await process.WaitForExitAsync(StopLimit);
    }
}
