namespace Axvault.Tests.Provider;

/// <summary>The OAuth clients that the provider knows, and the names that it shares with the tests.</summary>
internal static class ProviderClients
{
    /// <summary>A public client (RFC 6749 §2.1), as the agents' own are.</summary>
    public const string PublicId = "agent";

    /// <summary>A confidential client, which must give <see cref="ConfidentialSecret"/>, in the body or by Basic.</summary>
    public const string ConfidentialId = "agent-with-secret";

    /// <summary>The secret of <see cref="ConfidentialId"/>.</summary>
    public const string ConfidentialSecret = "the-secret-of-the-confidential-client";

    /// <summary>A parameter of the password grant: how many seconds access tokens of this grant live, refreshed ones too.</summary>
    public const string AccessTokenSeconds = "access_token_seconds";

    /// <summary>Where tokens are had.</summary>
    public const string TokenPath = "/connect/token";

    /// <summary>Answers how many refreshes were granted and refused, and how many of both came with a token that had come before.</summary>
    public const string UsesPath = "/uses";

    /// <summary>Answers 200 for a valid access token, else 401.</summary>
    public const string WhoAmIPath = "/whoami";
}
