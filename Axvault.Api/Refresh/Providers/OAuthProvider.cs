namespace Axvault.Api.Refresh.Providers;

/// <summary>How the tokens of one provider are refreshed (RFC 6749 §6).</summary>
internal sealed record OAuthProvider
{
    /// <summary>The provider's name, in lower case.</summary>
    public required string Name { get; init; }

    /// <summary>The token endpoint: https, or http on loopback. It comes from the configuration, never from a credential.</summary>
    public required Uri TokenUrl { get; init; }

    /// <summary>The client that the tokens were issued to.</summary>
    public required string ClientId { get; init; }

    /// <summary>The client's secret; <see langword="null"/> for a public client.</summary>
    public ClientSecret? ClientSecret { get; init; }

    /// <summary>Whether a request without a client secret is refused for certain.</summary>
    public bool RequiresClientSecret { get; init; }

    /// <summary>How the request's body is written.</summary>
    public GrantEncoding Encoding { get; init; } = GrantEncoding.Form;

    /// <summary>How the client's secret is sent.</summary>
    public ClientAuthentication Authentication { get; init; } = ClientAuthentication.Body;

    /// <summary>The scope to ask for; <see langword="null"/> asks for the one that was granted.</summary>
    public string? Scope { get; init; }

    /// <summary>How long after its use the provider grants the same refresh token again; zero for a provider that does not.</summary>
    public TimeSpan ReuseLeeway { get; init; }

    /// <summary>Whether any 401 means that the refresh token is dead, whatever its body says.</summary>
    public bool UnauthorizedIsFinal { get; init; }

    /// <summary>The variable that is missing, for a provider that cannot be asked without it.</summary>
    public string? MissingSetting => RequiresClientSecret && ClientSecret is null ? $"AXVAULT_OAUTH_{ProviderName.ToVariable(Name)}_CLIENT_SECRET" : null;
}
