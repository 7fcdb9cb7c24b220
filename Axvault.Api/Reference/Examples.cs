using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>
/// The examples of the document, from <c>Examples.json</c>. Their keys are the name of a call, and <c>request</c> or the status of an answer. The media type
/// follows the status when it is not JSON.
/// </summary>
internal sealed class Examples
{
    private readonly JsonObject _calls;

    private Examples(JsonObject calls) => _calls = calls;

    /// <summary>Reads the examples.</summary>
    public static Examples Read()
    {
        using var json = typeof(Examples).Assembly.GetManifestResourceStream("Examples.json")!;
        return new Examples(JsonNode.Parse(json)!.AsObject());
    }

    /// <summary>Returns the examples of one body by their names, or <see langword="null"/> when there are none.</summary>
    public IDictionary<string, IOpenApiExample>? Of(string call, string body) =>
        (_calls[call]?[body] as JsonObject)?.ToDictionary(
            static example => example.Key,
            static IOpenApiExample (example) => new OpenApiExample { Summary = (string?)example.Value!["summary"], Value = example.Value["value"]!.DeepClone() }
        );
}
