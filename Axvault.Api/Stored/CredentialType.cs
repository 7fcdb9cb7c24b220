using System.Diagnostics.CodeAnalysis;

namespace Axvault.Api.Stored;

/// <summary>The type of a credential, in the words of the API. Created only by parsing.</summary>
internal sealed record CredentialType
{
    /// <summary>An access token with a refresh token. The server refreshes it.</summary>
    public static readonly CredentialType OAuthCredentials = new("oauth-credentials");

    /// <summary>A long-lived token. It is never refreshed.</summary>
    public static readonly CredentialType OAuthToken = new("oauth-token");

    /// <summary>A provider's API key.</summary>
    public static readonly CredentialType ApiKey = new("api-key");

    /// <summary>Every type.</summary>
    public static readonly IReadOnlyList<CredentialType> All = [OAuthCredentials, OAuthToken, ApiKey];

    /// <summary>The rule, in words for an error message.</summary>
    public const string Rule = "must be oauth-credentials, oauth-token or api-key";

    private CredentialType(string value) => Value = value;

    /// <summary>The type as text.</summary>
    public string Value { get; }

    /// <summary>Makes a type of <paramref name="text"/> when it is one.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out CredentialType? type)
    {
        type = text switch
        {
            "oauth-credentials" => OAuthCredentials,
            "oauth-token" => OAuthToken,
            "api-key" => ApiKey,
            _ => null,
        };
        return type is not null;
    }

    /// <summary>Makes a type of what a store holds.</summary>
    /// <exception cref="FormatException">The text is not a credential type.</exception>
    public static CredentialType FromStored(string text) =>
        TryParse(text, out var type) ? type : throw new FormatException("A stored credential type is unknown.");

    /// <inheritdoc />
    public override string ToString() => Value;
}
