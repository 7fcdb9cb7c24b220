using System.Text.Json;

namespace Axvault.Api.Http;

/// <summary>Reads JSON that a stranger wrote: no member twice, and only texts that can be read.</summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false };

    /// <summary>Reads a document.</summary>
    /// <exception cref="JsonException">The text is not JSON, has a member twice, or has half a surrogate pair.</exception>
    public static JsonElement Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            Read(document.RootElement);
            return document.RootElement.Clone();
        }
        catch (InvalidOperationException exception)
        {
            throw new JsonException("A name or a string of the document is not text.", exception);
        }
    }

    /// <summary>Returns <see langword="true"/> when every name and string in <paramref name="element"/> is text; otherwise <see langword="false"/>.</summary>
    public static bool IsText(JsonElement element)
    {
        try
        {
            Read(element);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    // The parser takes half a surrogate pair ("\ud800"), and the first to read the string would fail.
    private static void Read(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    _ = member.Name;
                    Read(member.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    Read(item);
                }

                break;
            case JsonValueKind.String:
                _ = element.GetString();
                break;
        }
    }
}
