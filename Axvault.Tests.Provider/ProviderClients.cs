namespace Axvault.Tests.Provider;

/// <summary>The OAuth clients that the provider knows, and the names that it shares with the tests.</summary>
internal static class ProviderClients
{
    /// <summary>A public client (RFC 6749 §2.1), like those of the agents.</summary>
    public const string PublicId = "agent";

    /// <summary>A confidential client, which authenticates with <see cref="ConfidentialSecret"/>, in the body or by Basic.</summary>
    public const string ConfidentialId = "agent-with-secret";

    /// <summary>The secret of <see cref="ConfidentialId"/>.</summary>
    public const string ConfidentialSecret = "the-secret-of-the-confidential-client";

    /// <summary>A parameter of the password grant: the lifetime of this grant's access tokens in seconds, refreshed ones included.</summary>
    public const string AccessTokenSeconds = "access_token_seconds";

    /// <summary>The path of the token endpoint.</summary>
    public const string TokenPath = "/connect/token";

    /// <summary>The path of the authorization endpoint, at which everyone is logged in as <see cref="Person"/>.</summary>
    public const string AuthorizePath = "/connect/authorize";

    /// <summary>The path of the device authorization endpoint.</summary>
    public const string DevicePath = "/connect/device";

    /// <summary>The path of the page on which a person confirms a device code.</summary>
    public const string VerifyPath = "/connect/verify";

    /// <summary>The redirection address of the clients.</summary>
    public const string RedirectUrl = "http://127.0.0.1:1455/callback";

    /// <summary>The user who logs in by a page.</summary>
    public const string Person = "person";

    /// <summary>The path of the counts of granted, refused and repeated refreshes. A repeated one came with a refresh token seen before.</summary>
    public const string UsesPath = "/uses";

    /// <summary>A path that answers 200 for a valid access token and 401 otherwise.</summary>
    public const string WhoAmIPath = "/whoami";
}
