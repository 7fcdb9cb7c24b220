namespace Axvault.Client;

/// <summary>The types of credentials.</summary>
/// <example><code>if (credential.Type == CredentialTypes.ApiKey) { … }</code></example>
public static class CredentialTypes
{
    /// <summary>An access token with a refresh token. The server keeps it fresh.</summary>
    public const string OAuthCredentials = "oauth-credentials";

    /// <summary>An access token without a refresh token.</summary>
    public const string OAuthToken = "oauth-token";

    /// <summary>An API key of a provider.</summary>
    public const string ApiKey = "api-key";
}
