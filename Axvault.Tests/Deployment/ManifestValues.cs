using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Axvault.Tests.Deployment;

/// <summary>Resolves the references of an Aspire manifest, such as <c>{vaultdb.connectionString}</c>, as a deployment tool does.</summary>
/// <param name="resources">The resources of the manifest.</param>
/// <param name="given">The values that the tool chooses, by reference: inputs of parameters and addresses of bindings.</param>
internal sealed partial class ManifestValues(JsonObject resources, IReadOnlyDictionary<string, string> given)
{
    /// <summary>Returns <paramref name="text"/> with every reference resolved. A reference that names nothing fails the test.</summary>
    public string Resolve(string text) => Reference().Replace(text, match => Find(match.Groups[1].Value));

    /// <summary>Returns every reference in <paramref name="node"/> and below it.</summary>
    public static IEnumerable<string> ReferencesIn(JsonNode? node) =>
        node switch
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
