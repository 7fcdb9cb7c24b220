namespace Axvault.AppHost.EmbeddedPostgres;

/// <summary>A separate session for a program.</summary>
/// <remarks>A terminal sends Ctrl-C to its whole process group, which would stop PostgreSQL before the processes that still use it.</remarks>
internal static class OwnSession
{
    // macOS has perl but no setsid(1). Both replace themselves by the program, which keeps their process id.
    private const string MacLauncher = "/usr/bin/perl";
    private static readonly string[] MacArguments = ["-e", "use POSIX (); POSIX::setsid(); exec { $ARGV[0] } @ARGV; exit 127", "--"];

    /// <summary>Returns the command that runs <paramref name="command"/> in a separate session, or the command itself where that is not possible.</summary>
    public static (string Program, string[] Arguments) Wrap((string Program, string[] Arguments) command) =>
        // On Windows a child that starts without a window already has a separate console.
        OperatingSystem.IsWindows()
            ? command
        : OperatingSystem.IsMacOS() ? Wrap(MacLauncher, MacArguments, command)
        : Wrap(Find("setsid"), [], command);

    private static (string Program, string[] Arguments) Wrap(string? launcher, string[] options, (string Program, string[] Arguments) command) =>
        File.Exists(launcher) ? (launcher, [.. options, command.Program, .. command.Arguments]) : command;

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
}
