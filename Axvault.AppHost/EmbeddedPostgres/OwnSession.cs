namespace Axvault.AppHost.EmbeddedPostgres;

/// <summary>
/// Starts a program in a session of its own. A terminal sends Ctrl-C to every process of the group that runs in it: PostgreSQL would be stopped
/// by it before those that still use it.
/// </summary>
internal static class OwnSession
{
    // macOS has no setsid(1), but perl; both end by becoming the program, so that the process id is the program's.
    private const string MacLauncher = "/usr/bin/perl";
    private static readonly string[] MacArguments = ["-e", "use POSIX (); POSIX::setsid(); exec { $ARGV[0] } @ARGV; exit 127", "--"];

    /// <summary>The command that runs <paramref name="command"/> in a session of its own; where nothing can do that, the command itself.</summary>
    public static (string Program, string[] Arguments) Wrap((string Program, string[] Arguments) command) =>
        // On Windows every child has a console of its own already, for it is started without a window.
        OperatingSystem.IsWindows() ? command
        : OperatingSystem.IsMacOS() ? Wrap(MacLauncher, MacArguments, command)
        : Wrap(Find("setsid"), [], command);

    private static (string Program, string[] Arguments) Wrap(string? launcher, string[] options, (string Program, string[] Arguments) command) =>
        File.Exists(launcher) ? (launcher, [.. options, command.Program, .. command.Arguments]) : command;

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);
}
