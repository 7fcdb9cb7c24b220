namespace Axvault.AppHost.EmbeddedPostgres;

/// <summary>The user that runs PostgreSQL, which refuses to run as root: <c>nobody</c> for root, otherwise the current user.</summary>
internal static class UnprivilegedUser
{
    private const string Id = "65534";

    /// <summary><c>true</c> when this process must drop its privileges to run PostgreSQL; otherwise <c>false</c>.</summary>
    public static bool IsNeeded => OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess;

    /// <summary>Returns the command that runs <paramref name="program"/> as that user.</summary>
    public static (string Program, string[] Arguments) Wrap(string program, params IEnumerable<string> arguments) =>
        IsNeeded ? ("setpriv", ["--reuid=" + Id, "--regid=" + Id, "--clear-groups", "--no-new-privs", "--", program, .. arguments]) : (program, [.. arguments]);

    /// <summary>Gives <paramref name="path"/> and everything in it to that user.</summary>
    public static async Task OwnAsync(string path, CancellationToken cancellationToken)
    {
        if (IsNeeded)
        {
            await ChildProcess.RunAsync("chown", ["--recursive", $"{Id}:{Id}", path], Path.GetDirectoryName(path)!, null, cancellationToken);
        }
    }
}
