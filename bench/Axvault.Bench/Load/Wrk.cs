using System.Diagnostics;
using System.Globalization;

namespace Axvault.Bench.Load;

/// <summary>The load generator wrk, from one thread of this machine.</summary>
internal static class Wrk
{
    private const string Marker = "figures:";

    // wrk calls it with everything at the end; its own table stops at the 99th percentile.
    private const string Done =
        """
        done = function(summary, latency, requests)
          local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout
          io.write(string.format("figures: %d %d %d %d %d %d\n", summary.requests, summary.duration, failed, latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
        end
        """;

    /// <summary>Sends requests for <paramref name="seconds"/>, the next on each connection when the one before is answered.</summary>
    /// <param name="address">Where to.</param>
    /// <param name="script">Lua that makes the requests; the secrets in it go on no command line.</param>
    /// <param name="connections">How many connections.</param>
    /// <param name="seconds">How long.</param>
    /// <param name="mayFail">Whether answers that refuse are what is asked for.</param>
    /// <exception cref="InvalidOperationException">wrk is missing, or requests failed.</exception>
    public static async Task<LoadResult> RunAsync(Uri address, string script, int connections, int seconds, bool mayFail = false)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, $"{script}\n{Done}\n");
            // An answer that takes long is one all the same; wrk would leave it out after two seconds.
            var start = new ProcessStartInfo("wrk", ["-t1", $"-c{connections}", $"-d{seconds}s", "--timeout", "10s", "-s", file, address.AbsoluteUri]) { RedirectStandardOutput = true };
            using var wrk = Process.Start(start)!;
            var output = await wrk.StandardOutput.ReadToEndAsync();
            await wrk.WaitForExitAsync();
            var figures = output.Split('\n').FirstOrDefault(static line => line.StartsWith(Marker, StringComparison.Ordinal))?[Marker.Length..]
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(static figure => double.Parse(figure, CultureInfo.InvariantCulture))
                .ToArray();
            return figures is [var requests, var microseconds, var failed, var p50, var p99, var p999] && (failed == 0 || mayFail) && requests > 0
                ? new LoadResult(requests / microseconds * 1e6, p50 / 1000, p99 / 1000, p999 / 1000)
                : throw new InvalidOperationException($"The load did not go through: {output}");
        }
        finally
        {
            File.Delete(file);
        }
    }
}
