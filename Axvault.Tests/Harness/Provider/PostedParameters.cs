using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Axvault.Tests.Harness.Provider;

/// <summary>Reads the parameters of a token request, posted as a form (RFC 6749) or as JSON, which some providers take instead.</summary>
internal static class PostedParameters
{
    /// <summary>Returns the parameters; none when the body is neither a form nor a JSON object.</summary>
    public static Dictionary<string, string> Read(string? contentType, string body)
    {
        return (MediaTypeHeaderValue.TryParse(contentType, out var type) ? type.MediaType.Value : null) switch
        {
            "application/x-www-form-urlencoded" => QueryHelpers
                .ParseQuery(body)
                .ToDictionary(static field => field.Key, static field => field.Value.ToString()),
            "application/json" => ReadJson(body),
            _ => [],
        };
    }

    private static Dictionary<string, string> ReadJson(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                    .RootElement.EnumerateObject()
                    .Where(static member => member.Value.ValueKind != JsonValueKind.Null)
                    .ToDictionary(static member => member.Name, static member => member.Value.ToString())
                : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
