using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Axvault.Tests.Deployment;

/// <summary>The values of an Aspire manifest, with each reference (<c>{vaultdb.connectionString}</c>) replaced by what it names, as a deployment tool does.</summary>
/// <param name="resources">The resources of the manifest.</param>
/// <param name="given">What the tool decides: the inputs of parameters, and where bindings are reached, by the reference.</param>
internal sealed partial class ManifestValues(JsonObject resources, IReadOnlyDictionary<string, string> given)
{
    /// <summary>Resolves every reference in <paramref name="text"/>; fails the test at one that names nothing.</summary>
    public string Resolve(string text) => Reference().Replace(text, match => Find(match.Groups[1].Value));

    /// <summary>Every reference in <paramref name="node"/> and below it.</summary>
    public static IEnumerable<string> ReferencesIn(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(static member => ReferencesIn(member.Value)),
        JsonArray items => items.SelectMany(ReferencesIn),
        JsonValue value when value.TryGetValue<string>(out var text) => Reference().Matches(text).Select(static match => match.Groups[1].Value),
        _ => [],
    };

    private string Find(string reference)
    {
        if (given.TryGetValue(reference, out var value))
        {
            return value;
        }

        var parts = reference.Split('.');
        JsonNode? node = resources;
        foreach (var part in parts)
        {
            node = node?[part];
        }

        Assert.True(node is JsonValue, $"{{{reference}}} names nothing.");
        return Resolve(node.ToString());
    }

    [GeneratedRegex(@"\{([a-zA-Z0-9_-]+(?:\.[a-zA-Z0-9_-]+)+)\}")]
    private static partial Regex Reference();
}
