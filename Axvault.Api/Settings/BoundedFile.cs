namespace Axvault.Api.Settings;

/// <summary>Reads a file that a setting names. Only regular files of limited size are read, so a pipe or a device does not block the start.</summary>
internal static class BoundedFile
{
    /// <summary>Reads the file at <paramref name="path"/>, or the target of a link.</summary>
    /// <param name="path">The path.</param>
    /// <param name="maxBytes">The greatest accepted size.</param>
    /// <returns>The bytes, or <see langword="null"/> when there is no regular file, or it is empty or larger than <paramref name="maxBytes"/>.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The server has no right to read the file.</exception>
    /// <exception cref="ArgumentException">The path is not valid.</exception>
    /// <exception cref="NotSupportedException">The path is not valid on this platform.</exception>
    public static byte[]? Read(string path, int maxBytes)
    {
        // A pipe and a device have no length. A link has the length of its own text, so its target is measured: Kubernetes mounts secrets as links.
        var file = new FileInfo(path);
        file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        if (!file.Exists || file.Length <= 0 || file.Length > maxBytes)
        {
            return null;
        }

        using var stream = file.OpenRead();
        var bytes = new byte[maxBytes];
        return bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }

    /// <summary>
    /// Returns <see langword="true"/> when <see cref="Read"/> throws <paramref name="exception"/> for an unreadable file; otherwise <see langword="false"/>.
    /// </summary>
    public static bool IsUnreadable(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;
}
