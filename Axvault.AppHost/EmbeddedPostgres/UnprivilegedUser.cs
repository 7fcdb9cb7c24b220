namespace Axvault.AppHost.EmbeddedPostgres;

/// <summary>PostgreSQL refuses to run as root: a process of root's runs it as <c>nobody</c>, every other user as itself.</summary>
internal static class UnprivilegedUser
{
    private const string Id = "65534";

    /// <summary>Whether this process must drop its privileges to run PostgreSQL.</summary>
    public static bool IsNeeded => OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess;

    /// <summary>The command that runs <paramref name="program"/> as the user it must run as.</summary>
    public static (string Program, string[] Arguments) Wrap(string program, params IEnumerable<string> arguments) => IsNeeded
        ? ("setpriv", ["--reuid=" + Id, "--regid=" + Id, "--clear-groups", "--no-new-privs", "--", program, .. arguments])
        : (program, [.. arguments]);

    /// <summary>Gives <paramref name="path"/> and all below it to the user that PostgreSQL runs as.</summary>
    public static async Task OwnAsync(string path, CancellationToken cancellationToken)
    {
        if (IsNeeded)
        {
            await ChildProcess.RunAsync("chown", ["--recursive", $"{Id}:{Id}", path], Path.GetDirectoryName(path)!, null, cancellationToken);
        }
    }
}
