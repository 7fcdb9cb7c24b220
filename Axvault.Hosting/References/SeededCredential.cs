using System.Text.Json;
using System.Text.Json.Nodes;
using Axvault.Hosting.Http;

namespace Axvault.Hosting.References;

/// <summary>A credential that the AppHost stores in the vault when it is not there.</summary>
/// <param name="Name">The name of the credential.</param>
/// <param name="Value">The parameter with the secret: a token, an API key, or the JSON of an agent's file.</param>
/// <param name="Type">The type; <c>null</c> to tell by the value.</param>
/// <param name="Agent">The agent.</param>
/// <param name="Provider">The provider.</param>
internal sealed record SeededCredential(string Name, ParameterResource Value, AxvaultCredentialType? Type, string? Agent, string? Provider)
{
    /// <summary>Returns the body that stores <paramref name="value"/>.</summary>
    /// <exception cref="DistributedApplicationException">The value is not of the type. The message has no part of it.</exception>
    public NewCredential Of(string value)
    {
        var type = Type ?? (value.TrimStart().StartsWith('{') ? AxvaultCredentialType.OAuthCredentials : AxvaultCredentialType.OAuthToken);
        return new NewCredential
        {
            Type = type switch
            {
                AxvaultCredentialType.OAuthCredentials => "oauth-credentials",
                AxvaultCredentialType.ApiKey => "api-key",
                _ => "oauth-token",
            },
            Data = type switch
            {
                AxvaultCredentialType.OAuthCredentials => Parse(value),
                AxvaultCredentialType.ApiKey => Wrap("apiKey", value),
                _ => Wrap("accessToken", value),
            },
            Agent = Agent,
            Provider = Provider,
        };
    }

    private static JsonElement Wrap(string member, string value)
    {
        using var document = JsonDocument.Parse(new JsonObject { [member] = value.Trim() }.ToJsonString());
        return document.RootElement.Clone();
    }

    private JsonElement Parse(string value)
    {
        try
        {
            using var document = JsonDocument.Parse(value);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // The exception would quote the value.
            throw new DistributedApplicationException($"The parameter {Value.Name}: expected the JSON of an agent's file.");
        }
    }
}
