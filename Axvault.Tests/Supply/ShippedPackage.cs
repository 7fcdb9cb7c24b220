using System.Text.Json;
using System.Xml.Linq;
using Axvault.Tests.Harness;

namespace Axvault.Tests.Supply;

/// <summary>A package that is part of the published server.</summary>
/// <param name="Id">The id.</param>
/// <param name="Version">The version.</param>
/// <param name="Licence">The licence, as an SPDX identifier; <c>unknown</c> when it is none of those in <c>LICENSES</c>.</param>
/// <param name="Owner">The owner of the copyright.</param>
internal sealed record ShippedPackage(string Id, string Version, string Licence, string Owner)
{
    /// <summary>Every package in the restore of the server, by id, without those that only help to build it.</summary>
    public static IReadOnlyList<ShippedPackage> All { get; } = Read();

    private static List<ShippedPackage> Read()
    {
        using var assets = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(SourceTree.Root, "artifacts", "obj", "Axvault.Api", "project.assets.json")));
        var folders = assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select(static folder => folder.Name).ToList();
        return
        [
            .. assets
                .RootElement.GetProperty("targets")
                .EnumerateObject()
                .First()
                .Value.EnumerateObject()
                .Where(static package => package.Value.GetProperty("type").GetString() == "package" && HasCode(package.Value))
                .Select(package => Of(package.Name.Split('/'), folders))
                .OrderBy(static package => package.Id, StringComparer.OrdinalIgnoreCase),
        ];
    }

    private static bool HasCode(JsonElement package) =>
        package.TryGetProperty("runtime", out var files) && files.EnumerateObject().Any(static file => !file.Name.EndsWith("/_._", StringComparison.Ordinal));

    private static ShippedPackage Of(string[] name, List<string> folders)
    {
        var (id, version) = (name[0], name[1]);
        var file = folders.Select(folder => Path.Combine(folder, id.ToLowerInvariant(), version, $"{id.ToLowerInvariant()}.nuspec")).First(File.Exists);
        var metadata = XDocument.Load(file).Root!.Elements().Single(static element => element.Name.LocalName == "metadata").Elements().ToList();
        var licence = metadata.Find(static element => element.Name.LocalName == "license");
        return new ShippedPackage(
            id,
            version,
            licence?.Attribute("type")?.Value switch
            {
                "expression" => licence.Value,
                "file" => NameOf(File.ReadAllText(Path.Combine(Path.GetDirectoryName(file)!, licence.Value))),
                _ => "unknown",
            },
            (Text("copyright") ?? Text("authors") ?? "")
                .Replace("Copyright (c) ", "© ", StringComparison.Ordinal)
                .Replace("Copyright ", "", StringComparison.Ordinal)
        );

        string? Text(string element) => metadata.Find(candidate => candidate.Name.LocalName == element)?.Value.Trim();
    }

    // A package with the text of its licence instead of an identifier: the whole text must be that of a known licence, line breaks aside.
    private static string NameOf(string text) =>
        Directory
            .EnumerateFiles(Path.Combine(SourceTree.Root, "LICENSES"), "*.txt")
            .Where(known => OneLine(text).EndsWith(OneLine(File.ReadAllText(known)), StringComparison.Ordinal))
            .Select(Path.GetFileNameWithoutExtension)
            .SingleOrDefault() ?? "unknown";

    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
