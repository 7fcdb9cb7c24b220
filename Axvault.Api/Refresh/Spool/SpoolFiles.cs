using System.Runtime.InteropServices;
using System.Text;

namespace Axvault.Api.Refresh.Spool;

/// <summary>
/// The owner, kind and mode of files, which decide before anything is opened: opening a pipe would wait for its writer, and a file of another user is no
/// file of this server. Windows has neither kind nor mode, and checks nothing here.
/// </summary>
internal static class SpoolFiles
{
    private const int MaxBytes = 4 * 1024 * 1024;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const uint Root = 0;

    // Flags of the runtime's pal_io.h.
    private const int OpenReadOnly = 0x0000;
    private const int OpenCloseOnExec = 0x0010;

    private const int InvalidArgument = 22; // EINVAL, on Linux and macOS

    private const int KindMask = 0xF000;
    private const int Folder = 0x4000;
    private const int Regular = 0x8000;
    private const int Link = 0xA000;

    private const int SetGroup = 0x400;
    private const int Sticky = 0x200;
    private const int GroupWrites = 0x10;
    private const int OthersWrite = 0x2;

    /// <summary>Creates the folder at <paramref name="path"/> for this user alone, unless it is there.</summary>
    /// <returns>The path.</returns>
    public static string CreateFolder(string path)
    {
        _ = OperatingSystem.IsWindows() ? Directory.CreateDirectory(path) : Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        return path;
    }

    /// <summary>Creates the file at <paramref name="path"/> for this user alone. It must not be there.</summary>
    public static FileStream Create(string path)
    {
        var open = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Options = FileOptions.WriteThrough,
        };
        if (!OperatingSystem.IsWindows())
        {
            open.UnixCreateMode = OwnerOnly;
        }

        return new FileStream(path, open);
    }

    /// <summary>Flushes the folder at <paramref name="path"/> to the disk. Without that, a crash of the machine can undo a rename in it.</summary>
    /// <exception cref="IOException">The folder cannot be flushed.</exception>
    public static void FlushFolder(string path)
    {
        // Windows has no such call. Its file systems write a rename in order.
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var folder = Open([.. Encoding.UTF8.GetBytes(path), 0], OpenReadOnly | OpenCloseOnExec, 0);
        // A file system that cannot flush a folder says EINVAL. More cannot be done there.
        var isFlushed = folder >= 0 && (Flush(folder) == 0 || Marshal.GetLastPInvokeError() == InvalidArgument);
        if (folder >= 0)
        {
            _ = Close(folder);
        }

        if (!isFlushed)
        {
            throw new IOException("The folder cannot be flushed to the disk.");
        }
    }

    /// <summary>Returns why the folder at <paramref name="path"/> is not safe; <see langword="null"/> when it is.</summary>
    /// <remarks>
    /// A sticky folder that everyone may write to is safe: no one removes the files of others there. Kubernetes gives a volume to a group, and marks it so.
    /// </remarks>
    public static string? FindFolderFault(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        if (!TryStat(path, followsLinks: false, out var named) || !TryStat(path, followsLinks: true, out var folder))
        {
            return "it cannot be examined";
        }

        return !IsTrusted(named.User) ? "the link to it belongs to another user"
            : (folder.Mode & KindMask) != Folder ? "it is no folder"
            : !IsTrusted(folder.User) ? "it belongs to another user"
            : (folder.Mode & Sticky) != 0 ? null
            : (folder.Mode & OthersWrite) != 0 ? "every user may write to it"
            : (folder.Mode & GroupWrites) != 0 && (folder.Mode & SetGroup) == 0 ? "its group may write to it"
            : null;
    }

    /// <summary>Reads the file at <paramref name="path"/>.</summary>
    /// <param name="path">The path.</param>
    /// <param name="fault">Why the file was not opened; <see langword="null"/> when it was.</param>
    /// <returns>The content; empty after a fault.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The server has no right to read the file.</exception>
    public static byte[] Read(string path, out string? fault)
    {
        fault = FindFileFault(path);
        if (fault is not null)
        {
            return [];
        }

        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var content = new byte[Math.Min(stream.Length, MaxBytes)];
        return content[..stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false)];
    }

    private static string? FindFileFault(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return new FileInfo(path).Length > MaxBytes ? "it is too large" : null;
        }

        return !TryStat(path, followsLinks: false, out var file) ? "it cannot be examined"
            : (file.Mode & KindMask) != Regular ? (file.Mode & KindMask) == Link ? "it is a link" : "it is no plain file"
            : file.User != GetEffectiveUser() ? "it belongs to another user"
            : (file.Mode & OthersWrite) != 0 ? "every user may write to it"
            : (file.Mode & GroupWrites) != 0 && !IsOfGroupVolume(path) ? "its group may write to it"
            : file.Size > MaxBytes ? "it is too large"
            : null;
    }

    private static bool IsOfGroupVolume(string path) =>
        TryStat(Path.GetDirectoryName(path)!, followsLinks: true, out var folder) && (folder.Mode & SetGroup) != 0;

    private static bool IsTrusted(uint user) => user == Root || user == GetEffectiveUser();

    private static bool TryStat(string path, bool followsLinks, out Status status)
    {
        byte[] text = [.. Encoding.UTF8.GetBytes(path.TrimEnd('/')), 0];
        return (followsLinks ? Stat(text, out status) : LinkStat(text, out status)) == 0;
    }

    // The runtime's own library, which is part of every build: the layout of the system's structure differs by platform, and this one does not.
    [DllImport("libSystem.Native", EntryPoint = "SystemNative_Stat")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Stat(byte[] path, out Status status);

    [DllImport("libSystem.Native", EntryPoint = "SystemNative_LStat")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int LinkStat(byte[] path, out Status status);

    [DllImport("libSystem.Native", EntryPoint = "SystemNative_GetEUid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint GetEffectiveUser();

    [DllImport("libSystem.Native", EntryPoint = "SystemNative_Open")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Open(byte[] path, int flags, int mode);

    [DllImport("libSystem.Native", EntryPoint = "SystemNative_FSync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Flush(nint file);

    [DllImport("libSystem.Native", EntryPoint = "SystemNative_Close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(nint file);

    // FileStatus of the runtime's pal_io.h, with room behind the members that are read.
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    private struct Status
    {
        public int Flags;
        public int Mode;
        public uint User;
        public uint Group;
        public long Size;
    }
}
