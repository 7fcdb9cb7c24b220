namespace Aspire.Hosting.ApplicationModel;

/// <summary>The type of a credential.</summary>
/// <example>
/// <code>
/// vault.WithCredential("openai", builder.AddParameter("openai-key", secret: true), AxvaultCredentialType.ApiKey);
/// </code>
/// </example>
public enum AxvaultCredentialType
{
    /// <summary>The JSON of an agent's file, with a refresh token. The vault refreshes it.</summary>
    OAuthCredentials,

    /// <summary>An access token alone.</summary>
    OAuthToken,

    /// <summary>An API key of a provider.</summary>
    ApiKey,
}
