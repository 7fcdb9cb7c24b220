using System.Security.Cryptography;

namespace Axvault.Fuzz.Engine;

/// <summary>
/// The inputs of a target in <c>fuzz/corpus/TARGET</c>, one file each. Seeds have telling names; inputs that were found are named by their hash.
/// </summary>
internal sealed class Corpus(string target)
{
    private static readonly string Root = Path.Combine(FindRoot(), "fuzz");

    private string Folder => Path.Combine(Root, "corpus", target);

    /// <summary>Reads every input, the smallest first.</summary>
    public List<(string File, byte[] Input)> Read() =>
        [
            .. Directory
                .EnumerateFiles(Folder)
                .Select(static file => (file, File.ReadAllBytes(file)))
                .OrderBy(static input => input.Item2.Length)
                .ThenBy(static input => input.file, StringComparer.Ordinal),
        ];

    /// <summary>Adds an input.</summary>
    public void Add(byte[] input) => Write(Folder, input);

    /// <summary>Keeps a failing input outside of the corpus, and returns the path of its file.</summary>
    public string AddFailure(byte[] input) => Write(Path.Combine(Root, "failures", target), input);

    private static string Write(string folder, byte[] input)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(input).AsSpan(0, 8)));
        File.WriteAllBytes(file, input);
        return file;
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Axvault.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("This program does not run inside its source tree.");
        }

        return folder.FullName;
    }
}
