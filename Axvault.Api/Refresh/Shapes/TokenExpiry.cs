using Axvault.Api.Credentials;

namespace Axvault.Api.Refresh.Shapes;

/// <summary>When the access token of a credential expires.</summary>
internal static class TokenExpiry
{
    /// <summary>
    /// When it does: as its owner says, else as its data does; <see langword="null"/> when neither says so, or there is nothing to refresh it with.
    /// </summary>
    /// <param name="attributes">What the owner says.</param>
    /// <param name="data">The credential's data.</param>
    /// <param name="storedAt">When the data was stored.</param>
    public static DateTimeOffset? Of(CredentialAttributes attributes, CredentialData data, DateTimeOffset storedAt)
    {
        ArgumentNullException.ThrowIfNull(attributes);

        return attributes.Type == CredentialType.OAuthCredentials && CredentialTokens.Find(data, attributes.Provider) is { } tokens
            ? attributes.ExpiresAt ?? tokens.ExpiresAt(storedAt)
            : null;
    }
}
