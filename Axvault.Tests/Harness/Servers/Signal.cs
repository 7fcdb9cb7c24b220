using System.Runtime.InteropServices;

namespace Axvault.Tests.Harness.Servers;

/// <summary>Sends POSIX signals. .NET itself can only send the one that kills.</summary>
internal static class Signal
{
    public const int Quit = 3;
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    /// <summary>Sends <paramref name="signal"/> to a process, if it still exists.</summary>
    public static void Send(int processId, int signal) => _ = SendCore(processId, signal);

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int SendCore(int processId, int signal);
}
