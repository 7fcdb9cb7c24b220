using System.Text.Json.Nodes;
using Axvault.Tests.Conventions;
using YamlDotNet.Serialization;

namespace Axvault.Tests.Deployment;

/// <summary>The files that operators deploy with, as their readers understand them.</summary>
internal static class DeploymentFile
{
    private static readonly IDeserializer Yaml = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build();

    private static readonly ISerializer Json = new SerializerBuilder().JsonCompatible().Build();

    /// <summary>The full path of a file of the source tree.</summary>
    public static string PathOf(string path) => Path.Combine(SourceTree.Root, path);

    /// <summary>The documents of a YAML file, as the text of each.</summary>
    public static IReadOnlyList<string> YamlDocuments(string path) =>
        [.. File.ReadAllText(PathOf(path)).Split("\n---\n").Select(static document => document.Trim()).Where(static document => document.Length > 0)];

    /// <summary>The documents of a YAML file, as JSON.</summary>
    public static IReadOnlyList<JsonObject> ReadYaml(string path) =>
        [.. YamlDocuments(path).Select(static document => JsonNode.Parse(Json.Serialize(Yaml.Deserialize<object>(document)))!.AsObject())];

    /// <summary>The one document of a YAML file.</summary>
    public static JsonObject ReadOne(string path) => Assert.Single(ReadYaml(path));

    /// <summary>The lines of a unit of systemd, or of Podman, in their order: section, key, value.</summary>
    public static IReadOnlyList<(string Section, string Key, string Value)> ReadUnit(string path)
    {
        var section = "";
        var lines = new List<(string, string, string)>();
        foreach (var line in File.ReadAllLines(PathOf(path)).Select(static line => line.Trim()).Where(static line => line.Length > 0 && line[0] is not ('#' or ';')))
        {
            if (line[0] == '[')
            {
                section = line[1..^1];
                continue;
            }

            var at = line.IndexOf('=', StringComparison.Ordinal);
            Assert.True(at > 0, $"{path}: {line}");
            lines.Add((section, line[..at], line[(at + 1)..]));
        }

        return lines;
    }

    /// <summary>The variables that <c>Environment=</c> of a unit sets.</summary>
    public static IReadOnlyDictionary<string, string> EnvironmentOf(IEnumerable<(string Section, string Key, string Value)> unit) => unit
        .Where(static line => line.Key == "Environment")
        .Select(static line => line.Value.Trim('"').Split('=', 2))
        .ToDictionary(static pair => pair[0], static pair => pair[1]);
}
