using System.Text.Json;
using Axvault.Api.Stored;
using Axvault.Client.Agents;

namespace Axvault.Api.Refresh.Shapes;

/// <summary>The expiry of a credential's access token.</summary>
internal static class TokenExpiry
{
    /// <summary>
    /// Returns the expiry that the owner set, else the one in the data. Returns <see langword="null"/> when it is unknown, or nothing can be refreshed.
    /// </summary>
    /// <param name="attributes">The attributes set by the owner.</param>
    /// <param name="data">The credential's data.</param>
    /// <param name="storedAt">The time at which the data was stored.</param>
    public static DateTimeOffset? Of(CredentialAttributes attributes, CredentialData data, DateTimeOffset storedAt)
    {
        return attributes.Type == CredentialType.OAuthCredentials && CredentialTokens.Find(data, attributes.Provider) is { } tokens
            ? attributes.ExpiresAt ?? tokens.ExpiresAt(storedAt)
            : null;
    }

    /// <summary>Returns the expiry in the data of a login that cannot be refreshed; <see langword="null"/> when it is unknown.</summary>
    /// <param name="data">The credential's data.</param>
    /// <param name="provider">The provider that the credential names.</param>
    public static DateTimeOffset? OfAccessToken(CredentialData data, string? provider)
    {
        using var json = JsonDocument.Parse(data.Reveal().ToArray());
        return AgentShape.FindExpiry(AgentShape.FindLogin(json.RootElement, provider));
    }
}
