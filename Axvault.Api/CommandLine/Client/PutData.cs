using System.Text.Json;
using Axvault.Client;
using Axvault.Client.Agents;

namespace Axvault.Api.CommandLine.Client;

/// <summary>The data of a put: a JSON object as it is, or a plain token in the object that clients expect.</summary>
internal static class PutData
{
    /// <summary>Returns the type and the data.</summary>
    /// <param name="text">The text of the file or of standard input.</param>
    /// <param name="type">The type that was given; <see langword="null"/> for none.</param>
    /// <exception cref="AxvaultException">The type does not fit the text, or the text is empty.</exception>
    public static (string Type, JsonElement Data) Of(string text, string? type)
    {
        if (type is not (null or CredentialTypes.OAuthCredentials or CredentialTypes.OAuthToken or CredentialTypes.ApiKey))
        {
            throw ClientArguments.Wrong($"--type: expected {CredentialTypes.OAuthCredentials}, {CredentialTypes.OAuthToken} or {CredentialTypes.ApiKey}.");
        }

        text = text.Trim().TrimStart('\uFEFF');
        if (text.Length == 0)
        {
            throw ClientArguments.Wrong("Expected a token, an API key or JSON, and got nothing.");
        }

        return text[0] == '{' ? OfJson(text, type) : OfToken(text, type);
    }

    private static (string Type, JsonElement Data) OfJson(string text, string? type)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var data = document.RootElement.Clone();
            var told = AgentShape.FindRefreshToken(AgentShape.FindLogin(data, null)) is not null ? CredentialTypes.OAuthCredentials
                : data.TryGetProperty("apiKey", out _) ? CredentialTypes.ApiKey
                : CredentialTypes.OAuthToken;
            return (type ?? told, data);
        }
        catch (JsonException)
        {
            // The cause is left out, because it may repeat a part of a secret.
            throw ClientArguments.Wrong("The data begins with { and is not JSON.");
        }
    }

    private static (string Type, JsonElement Data) OfToken(string text, string? type)
    {
        if (type is null or CredentialTypes.OAuthCredentials)
        {
            throw ClientArguments.Wrong($"--type: expected {CredentialTypes.OAuthToken} or {CredentialTypes.ApiKey} for a plain token.");
        }

        if (text.Any(char.IsControl))
        {
            throw ClientArguments.Wrong("The token has a line break or another control character.");
        }

        using var document = JsonDocument.Parse(
            JsonSerializer.SerializeToUtf8Bytes(
                new Dictionary<string, string> { [type == CredentialTypes.ApiKey ? "apiKey" : "accessToken"] = text },
                TokenJsonContext.Default.DictionaryStringString
            )
        );
        return (type, document.RootElement.Clone());
    }
}

/// <summary>The JSON of a plain token.</summary>
[System.Text.Json.Serialization.JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class TokenJsonContext : System.Text.Json.Serialization.JsonSerializerContext;
