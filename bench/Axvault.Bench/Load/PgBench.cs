using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace Axvault.Bench.Load;

/// <summary>PostgreSQL's own load generator. It measures a statement without any server in front of the database.</summary>
internal static partial class PgBench
{
    /// <summary>Repeats <paramref name="script"/>, prepared, on each of <paramref name="clients"/> connections for <paramref name="seconds"/>.</summary>
    /// <returns>The rate alone, because pgbench keeps no percentiles.</returns>
    /// <exception cref="InvalidOperationException">pgbench is missing, or a statement failed.</exception>
    public static async Task<LoadResult> RunAsync(string connectionString, string script, int clients, int seconds)
    {
        var connection = new NpgsqlConnectionStringBuilder(connectionString);
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, script);
            var start = new ProcessStartInfo("pgbench", ["-n", "-M", "prepared", "-j", "1", "-c", $"{clients}", "-T", $"{seconds}", "-f", file])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["PGHOST"] = connection.Host;
            start.Environment["PGPORT"] = connection.Port.ToString(CultureInfo.InvariantCulture);
            start.Environment["PGUSER"] = connection.Username;
            start.Environment["PGPASSWORD"] = connection.Password;
            start.Environment["PGDATABASE"] = connection.Database;
            using var pgbench = Process.Start(start)!;
            var errors = pgbench.StandardError.ReadToEndAsync();
            var output = await pgbench.StandardOutput.ReadToEndAsync();
            await pgbench.WaitForExitAsync();
            return pgbench.ExitCode == 0 && Rate().Match(output) is { Success: true } match
                ? new LoadResult(double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), double.NaN, double.NaN, double.NaN)
                : throw new InvalidOperationException($"pgbench failed: {output} {await errors}");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [GeneratedRegex(@"^tps = ([0-9.]+)", RegexOptions.Multiline)]
    private static partial Regex Rate();
}
