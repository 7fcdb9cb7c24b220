namespace Axvault.Exercise;

/// <summary>The system programs that an exercise needs. They are located before anything starts.</summary>
internal static class Requirements
{
    // Debian installs some programs in folders that are only in root's path.
    private static readonly string[] MoreFolders = ["/usr/sbin", "/usr/local/sbin"];

    /// <summary>The folder of the newest complete PostgreSQL. On Debian it is not in the path.</summary>
    public static string PostgresFolder => FindPostgres() ?? throw new InvalidOperationException("PostgreSQL must have been located before.");

    /// <summary>Returns the path of <paramref name="program"/>.</summary>
    public static string PathOf(string program) => Find(program) ?? throw new InvalidOperationException($"{program} must have been located before.");

    /// <summary>Verifies that <paramref name="programs"/> are installed.</summary>
    /// <exception cref="MissingProgramsException">Programs are missing. The message names them, and how to install them.</exception>
    public static void Demand(params string[] programs)
    {
        var missing = programs.Where(static program => (program == "postgres" ? FindPostgres() : Find(program)) is null).ToList();
        if (missing.Count > 0)
        {
            throw new MissingProgramsException(
                $"""
                Missing: {string.Join(", ", missing)}. On Debian and Ubuntu:
                  apt-get install patroni python3-etcd etcd-server haproxy postgresql
                The services that these packages start are not used, and need not run.
                """
            );
        }
    }

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(MoreFolders)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);

    private static string? FindPostgres()
    {
        const string Debian = "/usr/lib/postgresql";
        return Directory.Exists(Debian)
            ? Directory
                .EnumerateDirectories(Debian)
                .Select(static version => Path.Combine(version, "bin"))
                .Where(static folder => File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "pg_rewind")))
                .MaxBy(static folder => int.TryParse(Path.GetFileName(Path.GetDirectoryName(folder)), out var version) ? version : 0)
            : Path.GetDirectoryName(Find("postgres"));
    }
}

/// <summary>Programs are missing. The message says which, and how to install them.</summary>
internal sealed class MissingProgramsException(string message) : Exception(message);
