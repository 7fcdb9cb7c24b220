using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Axvault.Api.CommandLine.Client;

/// <summary>Runs a command in the place of this program.</summary>
internal static class Replacement
{
    private const int SigPipe = 13;
    private const int NotFound = 127;

    /// <summary>
    /// Runs <paramref name="command"/>. On Unix this process becomes the command (execvp), so signals reach it and its exit code is seen. On Windows it waits
    /// for the command.
    /// </summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="set">The variables to set.</param>
    /// <param name="unset">The variables to take out.</param>
    /// <returns>The exit code: on Unix only when the command could not be started.</returns>
    public static int Run(string[] command, IReadOnlyDictionary<string, string> set, IReadOnlyList<string> unset)
    {
        if (OperatingSystem.IsWindows())
        {
            return RunChild(command, set, unset);
        }

        // The variables of the C library are those that execvp hands on.
        foreach (var name in unset)
        {
            _ = UnsetVariable(name);
        }

        foreach (var (name, value) in set)
        {
            _ = SetVariable(name, value, 1);
        }

        // The runtime ignores this signal, and a process that is replaced hands that on.
        _ = SetSignal(SigPipe, IntPtr.Zero);
        _ = Execute(command[0], [.. command, null]);
        var fault = Marshal.GetLastPInvokeErrorMessage();
        Console.Error.WriteLine($"axvault: {Printer.Clean(command[0])} cannot be started: {fault}.");
        return NotFound;
    }

    private static int RunChild(string[] command, IReadOnlyDictionary<string, string> set, IReadOnlyList<string> unset)
    {
        var start = new ProcessStartInfo(command[0], command[1..]);
        foreach (var name in unset)
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in set)
        {
            start.Environment[name] = value;
        }

        try
        {
            using var child = Process.Start(start)!;
            child.WaitForExit();
            return child.ExitCode;
        }
        catch (Win32Exception exception)
        {
            Console.Error.WriteLine($"axvault: {Printer.Clean(command[0])} cannot be started: {exception.Message}");
            return NotFound;
        }
    }

    [DllImport("libc", EntryPoint = "execvp", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Execute(string file, string?[] arguments);

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetVariable(string name, string value, int overwrite);

    [DllImport("libc", EntryPoint = "unsetenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int UnsetVariable(string name);

    [DllImport("libc", EntryPoint = "signal")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern IntPtr SetSignal(int signal, IntPtr handler);
}
