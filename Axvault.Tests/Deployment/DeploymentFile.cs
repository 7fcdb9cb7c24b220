using System.Text.Json.Nodes;
using Axvault.Tests.Harness;
using YamlDotNet.Serialization;

namespace Axvault.Tests.Deployment;

/// <summary>Reads the deployment files as the tools that use them do.</summary>
internal static class DeploymentFile
{
    private static readonly IDeserializer Yaml = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build();

    private static readonly ISerializer Json = new SerializerBuilder().JsonCompatible().Build();

    /// <summary>Returns the full path of a file of the source tree.</summary>
    public static string PathOf(string path) => Path.Combine(SourceTree.Root, path);

    /// <summary>Returns the text of each document of a YAML file.</summary>
    public static IReadOnlyList<string> YamlDocuments(string path) =>
        [.. File.ReadAllText(PathOf(path)).Split("\n---\n").Select(static document => document.Trim()).Where(static document => document.Length > 0)];

    /// <summary>Returns the documents of a YAML file as JSON.</summary>
    public static IReadOnlyList<JsonObject> ReadYaml(string path) =>
        [.. YamlDocuments(path).Select(static document => JsonNode.Parse(Json.Serialize(Yaml.Deserialize<object>(document)))!.AsObject())];

    /// <summary>Returns the only document of a YAML file as JSON.</summary>
    public static JsonObject ReadOne(string path) => Assert.Single(ReadYaml(path));

    /// <summary>Returns the lines of a systemd or Podman unit in order, each as section, key and value.</summary>
    public static IReadOnlyList<(string Section, string Key, string Value)> ReadUnit(string path)
    {
        var section = "";
        var lines = new List<(string, string, string)>();
        foreach (
            var line in File.ReadAllLines(PathOf(path)).Select(static line => line.Trim()).Where(static line => line.Length > 0 && line[0] is not ('#' or ';'))
        )
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

    /// <summary>Returns the variables that the <c>Environment=</c> lines of a unit set.</summary>
    public static IReadOnlyDictionary<string, string> EnvironmentOf(IEnumerable<(string Section, string Key, string Value)> unit) =>
        unit.Where(static line => line.Key == "Environment")
            .Select(static line => line.Value.Trim('"').Split('=', 2))
            .ToDictionary(static pair => pair[0], static pair => pair[1]);
}
