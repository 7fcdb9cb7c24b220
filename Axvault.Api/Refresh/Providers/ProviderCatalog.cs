using System.Collections.Frozen;
using Axvault.Api.Credentials;
using Axvault.Api.Refresh.Shapes;

namespace Axvault.Api.Refresh.Providers;

/// <summary>The providers that this server can ask, and which of them issued a credential.</summary>
internal sealed class ProviderCatalog(IEnumerable<OAuthProvider> providers)
{
    private readonly FrozenDictionary<string, OAuthProvider> _byName = providers.ToFrozenDictionary(static provider => provider.Name);

    /// <summary>
    /// Finds who issued <paramref name="tokens"/>: the provider that the credential names, else the one of its agent, else the one of its shape;
    /// <see langword="null"/> when that one is not known.
    /// </summary>
    public OAuthProvider? Find(CredentialAttributes attributes, CredentialTokens tokens)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        ArgumentNullException.ThrowIfNull(tokens);

        // What an owner says outright is not corrected; an agent that issues for several providers, or is not known, says nothing.
        var name = attributes.Provider
            ?? (attributes.Agent is { } agent && _byName.ContainsKey(ProviderName.Normalize(agent)) ? agent : tokens.Provider ?? attributes.Agent);
        return name is null ? null : _byName.GetValueOrDefault(ProviderName.Normalize(name));
    }
}
