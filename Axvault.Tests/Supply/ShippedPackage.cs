using System.Text.Json;
using System.Xml.Linq;
using Axvault.Tests.Conventions;

namespace Axvault.Tests.Supply;

/// <summary>A package of which something is in the published server.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">Its version.</param>
/// <param name="Licence">Its licence, as an SPDX identifier, or what it has instead.</param>
/// <param name="Owner">Whose copyright it is.</param>
internal sealed record ShippedPackage(string Id, string Version, string Licence, string Owner)
{
    /// <summary>All of them, by their ids: what the restore of the server found, without what only helps to build it.</summary>
    public static IReadOnlyList<ShippedPackage> All { get; } = Read();

    private static List<ShippedPackage> Read()
    {
        using var assets = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(SourceTree.Root, "artifacts", "obj", "Axvault.Api", "project.assets.json")));
        var folders = assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select(static folder => folder.Name).ToList();
        return [.. assets.RootElement.GetProperty("targets").EnumerateObject().First().Value.EnumerateObject()
            .Where(static package => package.Value.GetProperty("type").GetString() == "package" && HasCode(package.Value))
            .Select(package => Of(package.Name.Split('/'), folders))
            .OrderBy(static package => package.Id, StringComparer.OrdinalIgnoreCase)];
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
            id, version, licence?.Attribute("type")?.Value == "expression" ? licence.Value : "unknown", (Text("copyright") ?? Text("authors") ?? "").Replace("Copyright (c) ", "© ", StringComparison.Ordinal).Replace("Copyright ", "", StringComparison.Ordinal));

        string? Text(string element) => metadata.Find(candidate => candidate.Name.LocalName == element)?.Value.Trim();
    }
}
