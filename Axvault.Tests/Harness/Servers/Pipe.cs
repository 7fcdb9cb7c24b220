using System.Runtime.InteropServices;

namespace Axvault.Tests.Harness.Servers;

/// <summary>Named pipes in the file system, which .NET cannot create.</summary>
internal static class Pipe
{
    private const uint OwnerOnly = 0x180;

    /// <summary>Creates a pipe with no process at its other end. Its owner may read and write it.</summary>
    public static void Make(string path) => Assert.Equal(0, MakeCore(path, OwnerOnly));

    [DllImport("libc", EntryPoint = "mkfifo", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int MakeCore([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);
}
