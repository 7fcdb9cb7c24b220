namespace Axvault.Hosting.Keys;

/// <summary>A file that only its owner can read.</summary>
internal static class PrivateFile
{
    /// <summary>Writes the file, which is complete whenever it is there, even after a crash.</summary>
    public static void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var staging = $"{path}.new";
        // An existing file would keep its mode.
        File.Delete(staging);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var writer = new StreamWriter(staging, options))
        {
            writer.Write(text);
        }

        File.Move(staging, path, overwrite: true);
    }
}
