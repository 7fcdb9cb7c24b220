using System.Collections.Frozen;
using Axvault.Api.Refresh.Shapes;
using Axvault.Api.Stored;

namespace Axvault.Api.Refresh.Providers;

/// <summary>The configured providers, and the choice of the provider of a credential.</summary>
internal sealed class ProviderCatalog(IEnumerable<OAuthProvider> providers)
{
    private readonly FrozenDictionary<string, OAuthProvider> _byName = providers.ToFrozenDictionary(static provider => provider.Name);

    /// <summary>
    /// Chooses the provider of tokens. The owner's words decide: the provider, else the agent. The shape of the tokens decides alone when the owner named
    /// neither. A refresh token must not reach a company that did not issue it, so a contradiction yields no provider.
    /// </summary>
    /// <param name="attributes">The owner's words.</param>
    /// <param name="shape">The shape of the tokens.</param>
    public ProviderChoice Choose(CredentialAttributes attributes, TokenShape shape)
    {
        var agent = attributes.Agent is { } text ? ProviderName.Normalize(text) : null;
        var speaks = agent is not null && !ProviderDefaults.AgentsOfAnyProvider.Contains(agent);
        var name =
            attributes.Provider is { } named ? ProviderName.Normalize(named)
            : speaks ? agent
            : shape.Provider is { } guess && (agent is null || shape.IsOwn) ? ProviderName.Normalize(guess)
            : null;
        if (name is null || !_byName.TryGetValue(name, out var provider))
        {
            return ProviderChoice.Unknown;
        }

        // The operator configured any other provider for the very agent or file, whatever that looks like.
        var isDefault = ProviderDefaults.Has(name);
        var isOfAnotherAgent = speaks && isDefault && agent != name && _byName.ContainsKey(agent!);
        var isOfAnotherShape = shape.Issuers is { } issuers && (isDefault || shape.IsOwn) && !issuers.Contains(name);
        return isOfAnotherAgent || isOfAnotherShape ? ProviderChoice.Contradicting : new ProviderChoice(provider, null);
    }
}
