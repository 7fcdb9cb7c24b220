using System.Diagnostics;
using Axvault.AppHost.EmbeddedPostgres;
using Axvault.Bench.Subjects;
using Axvault.Tests.Server;

namespace Axvault.Exercise.Fleet;

/// <summary>How the programs of a fleet are started and stopped.</summary>
internal static class FleetProcess
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    // What whoever runs the exercise has set must not change it.
    private static readonly string[] Inherited = ["AXVAULT_", "ASPNETCORE_", "DOTNET_ENVIRONMENT", "OTEL_", "ConnectionStrings__", "PG", "PATRONI_", "ETCD_"];

    /// <summary>Describes a start, in a session of its own: Ctrl-C in the terminal is for the exercise, which stops things in their order.</summary>
    public static ProcessStartInfo Describe(string program, IEnumerable<string> arguments, string folder, bool asPostgres = false)
    {
        var (wrapped, all) = OwnSession.Wrap(asPostgres ? UnprivilegedUser.Wrap(program, arguments) : (program, [.. arguments]));
        var start = ChildProcess.StartInfo(wrapped, all, folder);
        foreach (var name in start.Environment.Keys.Where(static name => Inherited.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))).ToList())
        {
            start.Environment.Remove(name);
        }

        // A process that is killed would leave its sockets for debuggers behind.
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
