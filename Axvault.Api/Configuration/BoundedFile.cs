namespace Axvault.Api.Configuration;

/// <summary>Reads a file that a setting names: one that is there, that ends, and that is not large.</summary>
internal static class BoundedFile
{
    /// <summary>Reads the file at <paramref name="path"/>, or what it links to.</summary>
    /// <param name="path">The path.</param>
    /// <param name="maxBytes">The most that it may have.</param>
    /// <returns>Its bytes, or <see langword="null"/> when there is no file, or it is empty or larger.</returns>
    /// <exception cref="IOException">It cannot be read. So can <see cref="UnauthorizedAccessException"/>, and for a path that is none <see cref="ArgumentException"/> or <see cref="NotSupportedException"/>, say.</exception>
    public static byte[]? Read(string path, int maxBytes)
    {
        // A pipe or a device has no length, and might never end; a link, such as Kubernetes mounts, has that of its target's path.
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

    /// <summary>Whether <see cref="Read"/> throws <paramref name="exception"/> for a file that cannot be read.</summary>
    public static bool IsUnreadable(Exception exception) => exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;
}
