namespace Axvault.Api.Refresh.Providers;

/// <summary>The settings for refreshing the tokens of one provider (RFC 6749 §6).</summary>
internal sealed record OAuthProvider
{
    /// <summary>The provider's name, in lower case.</summary>
    public required string Name { get; init; }

    /// <summary>The token endpoint: https, or http on loopback. It comes from the configuration, never from a credential.</summary>
    public required Uri TokenUrl { get; init; }

    /// <summary>The device authorization endpoint (RFC 8628 §3.1); <see langword="null"/> for no login by a device code.</summary>
    public Uri? DeviceUrl { get; init; }

    /// <summary>The authorization endpoint (RFC 6749 §3.1); <see langword="null"/> for no login by a pasted address.</summary>
    public Uri? AuthorizeUrl { get; init; }

    /// <summary>The address to which the provider sends the browser after a login, as registered for the client. Set with <see cref="AuthorizeUrl"/>.</summary>
    public Uri? RedirectUrl { get; init; }

    /// <summary>The client that the tokens were issued to.</summary>
    public required string ClientId { get; init; }

    /// <summary>The client's secret; <see langword="null"/> for a public client.</summary>
    public ClientSecret? ClientSecret { get; init; }

    /// <summary><see langword="true"/> when the provider refuses every request without a client secret; otherwise <see langword="false"/>.</summary>
    public bool RequiresClientSecret { get; init; }

    /// <summary>The encoding of the request.</summary>
    public GrantEncoding Encoding { get; init; } = GrantEncoding.Form;

    /// <summary>The place of the client's secret in the request.</summary>
    public ClientAuthentication Authentication { get; init; } = ClientAuthentication.Body;

    /// <summary>The scope to request; <see langword="null"/> requests the granted scope.</summary>
    public string? Scope { get; init; }

    /// <summary>The time after its use in which the provider accepts the same refresh token again; zero for never.</summary>
    public TimeSpan ReuseLeeway { get; init; }

    /// <summary><see langword="true"/> when any 401 means that the refresh token is dead, with any body; otherwise <see langword="false"/>.</summary>
    public bool UnauthorizedIsFinal { get; init; }

    /// <summary>Returns all settings that decide how the provider takes a request, the secret too, as bytes to be hashed.</summary>
    public byte[] Describe() =>
        System.Text.Encoding.UTF8.GetBytes(
            string.Join('\0', Name, TokenUrl.AbsoluteUri, ClientId, ClientSecret?.Reveal(), Encoding.ToString(), Authentication.ToString(), Scope)
        );

    /// <summary>The required variable that is not set; <see langword="null"/> when the provider can be asked.</summary>
    public string? MissingSetting => RequiresClientSecret && ClientSecret is null ? $"AXVAULT_OAUTH_{ProviderName.ToVariable(Name)}_CLIENT_SECRET" : null;
}
