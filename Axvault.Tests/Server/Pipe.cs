using System.Runtime.InteropServices;

namespace Axvault.Tests.Server;

/// <summary>Named pipes, which .NET makes none of in a file system.</summary>
internal static class Pipe
{
    private const uint OwnerOnly = 0x180;

    /// <summary>Makes a pipe that its owner may read and write, with nobody at its other end.</summary>
    public static void Make(string path) => Assert.Equal(0, MakeCore(path, OwnerOnly));

    [DllImport("libc", EntryPoint = "mkfifo", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int MakeCore([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);
}
