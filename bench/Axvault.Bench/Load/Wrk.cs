using System.Diagnostics;
using System.Globalization;

namespace Axvault.Bench.Load;

/// <summary>The load generator wrk, with one thread on this machine.</summary>
internal static class Wrk
{
    private const string Marker = "figures:";

    // wrk calls this function at the end. Its own table stops at the 99th percentile.
    private const string Done = """
        done = function(summary, latency, requests)
          local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout
          io.write(string.format("figures: %d %d %d %d %d %d\n", summary.requests, summary.duration, failed,
            latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
        end
        """;

    /// <summary>Sends requests for <paramref name="seconds"/>. Each connection sends the next one when the last is answered.</summary>
    /// <param name="address">The address of the server.</param>
    /// <param name="script">A Lua script that makes the requests. It goes into a file, so that its secrets are on no command line.</param>
    /// <param name="connections">The number of connections.</param>
    /// <param name="seconds">The duration, in seconds.</param>
    /// <param name="mayFail"><see langword="true"/> when refusals are expected; otherwise they are an error.</param>
    /// <exception cref="InvalidOperationException">wrk is missing, or requests failed.</exception>
    public static async Task<LoadResult> RunAsync(Uri address, string script, int connections, int seconds, bool mayFail = false)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, $"{script}\n{Done}\n");
            // wrk ignores answers that take longer than its timeout, which is two seconds by default. Slow answers must count.
            var start = new ProcessStartInfo("wrk", ["-t1", $"-c{connections}", $"-d{seconds}s", "--timeout", "10s", "-s", file, address.AbsoluteUri])
            {
                RedirectStandardOutput = true,
            };
            using var wrk = Process.Start(start)!;
            var output = await wrk.StandardOutput.ReadToEndAsync();
            await wrk.WaitForExitAsync();
            var figures = output
                .Split('\n')
                .FirstOrDefault(static line => line.StartsWith(Marker, StringComparison.Ordinal))
                ?[Marker.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)
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
