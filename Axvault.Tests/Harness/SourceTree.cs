using System.Xml.Linq;

namespace Axvault.Tests.Harness;

/// <summary>The sources that these tests were built from.</summary>
internal static class SourceTree
{
    /// <summary>The folder of Axvault.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The version of the packages.</summary>
    public static string Version { get; } = XDocument.Load(Path.Combine(Root, "Directory.Build.props")).Descendants("Version").Single().Value;

    /// <summary>Every C# file below <paramref name="folder"/>, by its path from the root, with forward slashes.</summary>
    public static IEnumerable<(string Path, string Text)> CSharp(string folder) =>
        Directory
            .EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Select(static file => (Path: Path.GetRelativePath(Root, file).Replace('\\', '/'), Text: File.ReadAllText(file)))
            .Where(static file => !file.Path.Split('/').Any(static part => part is "bin" or "obj"));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Axvault.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside their source tree.");
        }

        return folder.FullName;
    }
}
