using System.Collections.Frozen;
using Axvault.Api.Refresh.Shapes;
using Axvault.Api.Stored;

namespace Axvault.Api.Refresh.Providers;

/// <summary>The configured providers, and the choice of the provider of a credential.</summary>
internal sealed class ProviderCatalog(IEnumerable<OAuthProvider> providers)
{
    private readonly FrozenDictionary<string, OAuthProvider> _byName = providers.ToFrozenDictionary(static provider => provider.Name);

    /// <summary>
    /// Returns the provider of <paramref name="tokens"/>: the one that the credential names, else the one of its agent, else the one of its shape. Returns
    /// <see langword="null"/> when that provider is not configured.
    /// </summary>
    public OAuthProvider? Find(CredentialAttributes attributes, CredentialTokens tokens)
    {
        // An explicit provider is never overruled. An agent that is unknown or uses several providers says nothing.
        var name = attributes.Provider
            ?? (attributes.Agent is { } agent && _byName.ContainsKey(ProviderName.Normalize(agent)) ? agent : tokens.Provider ?? attributes.Agent);
        return name is null ? null : _byName.GetValueOrDefault(ProviderName.Normalize(name));
    }
}
