using System.Diagnostics;
using System.Globalization;
using Axvault.AppHost.EmbeddedPostgres;
using Axvault.Tests.Harness.Servers;
using Npgsql;

namespace Axvault.Tests.Backup;

/// <summary>
/// PostgreSQL as the system's packages install it: a server, and the backup programs of the same version. The graph's own PostgreSQL has no backup
/// programs.
/// </summary>
internal static class PackagedPostgres
{
    private const string Versions = "/usr/lib/postgresql";

    /// <summary>The programs of the newest installed version that has a server and <c>pg_dump</c>.</summary>
    public static PostgresBinaries Binaries =>
        new(
            (Directory.Exists(Versions) ? Directory.GetDirectories(Versions) : [])
                .Where(static folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out _))
                .OrderByDescending(static folder => int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture))
                .Select(static folder => Path.Combine(folder, "bin"))
                .FirstOrDefault(static folder => File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "pg_dump")))
                ?? throw new InvalidOperationException($"There is no PostgreSQL server with pg_dump below {Versions}: install the package postgresql.")
        );

    /// <summary>Runs a client program on the database of <paramref name="connectionString"/> and asserts that it succeeds.</summary>
    public static async Task RunAsync(string program, string connectionString, params string[] arguments)
    {
        var to = new NpgsqlConnectionStringBuilder(connectionString);
        var start = VaultServer.Clean(new ProcessStartInfo(Binaries.PathOf(program), arguments));
        start.Environment["PGHOST"] = to.Host;
        start.Environment["PGPORT"] = to.Port.ToString(CultureInfo.InvariantCulture);
        start.Environment["PGUSER"] = to.Username;
        start.Environment["PGPASSWORD"] = to.Password;
        start.Environment["PGDATABASE"] = to.Database;
        var run = await ProgramRun.ToEndAsync(start);
        Assert.True(run.ExitCode == 0, $"{program} ended with {run.ExitCode}: {run.Errors}");
    }
}
