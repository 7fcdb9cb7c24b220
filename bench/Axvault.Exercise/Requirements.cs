namespace Axvault.Exercise;

/// <summary>Programs of the system that an exercise needs, found before anything is started.</summary>
internal static class Requirements
{
    // Debian keeps some of them where only root looks.
    private static readonly string[] MoreFolders = ["/usr/sbin", "/usr/local/sbin"];

    /// <summary>The folder of the newest PostgreSQL whose programs are all there; Debian's keeps them out of the path.</summary>
    public static string PostgresFolder => FindPostgres() ?? throw new InvalidOperationException("PostgreSQL was looked for before.");

    /// <summary>The path of <paramref name="program"/>.</summary>
    public static string PathOf(string program) => Find(program) ?? throw new InvalidOperationException($"{program} was looked for before.");

    /// <summary>Looks for all of <paramref name="programs"/>, and for PostgreSQL when it is among them.</summary>
    /// <exception cref="MissingProgramsException">Some are missing: the message says which, and how to install them.</exception>
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
                """);
        }
    }

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Concat(MoreFolders)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);

    private static string? FindPostgres()
    {
        const string Debian = "/usr/lib/postgresql";
        return Directory.Exists(Debian)
            ? Directory.EnumerateDirectories(Debian)
                .Select(static version => Path.Combine(version, "bin"))
                .Where(static folder => File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "pg_rewind")))
                .MaxBy(static folder => int.TryParse(Path.GetFileName(Path.GetDirectoryName(folder)), out var version) ? version : 0)
            : Path.GetDirectoryName(Find("postgres"));
    }
}

/// <summary>Programs are missing. The message says which, and how to install them.</summary>
internal sealed class MissingProgramsException(string message) : Exception(message);
