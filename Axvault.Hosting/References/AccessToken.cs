using System.Text.Json;

namespace Axvault.Hosting.References;

/// <summary>The access token, or the API key, in the data of a credential.</summary>
internal static class AccessToken
{
    // The shapes that the server refreshes, and those of types that it does not. The first one that is there counts.
    private static readonly string[][] Places =
    [
        ["claudeAiOauth", "accessToken"],
        ["tokens", "access_token"],
        ["accessToken"],
        ["access_token"],
        ["access"],
        ["token"],
        ["apiKey"],
        ["OPENAI_API_KEY"],
    ];

    /// <summary>Returns the token, or <c>null</c> when <paramref name="data"/> has none in a known place.</summary>
    /// <param name="data">The data of the credential.</param>
    /// <param name="provider">The provider of the credential, which selects the entry of an OpenCode file.</param>
    public static string? In(JsonElement data, string? provider) =>
        Places.Select(place => At(data, place)).FirstOrDefault(static token => token is not null)
        ?? (provider is null ? null : At(data, [provider, "access"]) ?? At(data, [provider, "key"]));

    private static string? At(JsonElement data, string[] place)
    {
        foreach (var member in place)
        {
            if (data.ValueKind != JsonValueKind.Object || !data.TryGetProperty(member, out data))
            {
                return null;
            }
        }

        return data.ValueKind == JsonValueKind.String ? data.GetString() : null;
    }
}
