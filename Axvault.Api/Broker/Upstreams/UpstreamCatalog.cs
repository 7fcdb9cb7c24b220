using System.Collections.Frozen;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Stored;
using Axvault.Client;

namespace Axvault.Api.Broker.Upstreams;

/// <summary>The choice of the upstream of a credential: by the words of its owner, and by its type.</summary>
internal sealed class UpstreamCatalog(BrokerOptions options)
{
    private readonly FrozenDictionary<string, Upstream> _byName = options.Upstreams.ToFrozenDictionary(static upstream => upstream.Name);

    /// <summary>Returns the upstream of a credential, or the sentence that says why there is none.</summary>
    /// <remarks>A token must not reach a company that did not issue it, so a credential without the name of a provider or agent has no upstream.</remarks>
    public (Upstream? Upstream, string? Obstacle) Choose(CredentialAttributes attributes)
    {
        var provider = attributes.Provider is { } named ? ProviderName.Normalize(named) : null;
        var agent =
            attributes.Agent is { } text && ProviderName.Normalize(text) is var plain && !ProviderDefaults.AgentsOfAnyProvider.Contains(plain)
                ? plain
                : null;
        if ((provider ?? agent) is not { } name)
        {
            return (null, "The credential names neither its provider nor its agent. Put it with a provider.");
        }

        if (agent is not null && agent != name && ProviderDefaults.Has(name) && ProviderDefaults.Has(agent))
        {
            return (null, "The provider and the agent of the credential contradict each other, so nothing is sent.");
        }

        var type = attributes.Type;
        var key = name switch
        {
            "anthropic" when type == CredentialType.ApiKey => UpstreamDefaults.Anthropic,
            "anthropic" => type == CredentialType.OAuthToken ? UpstreamDefaults.AnthropicToken : UpstreamDefaults.AnthropicLogin,
            "openai" when type == CredentialType.OAuthCredentials => UpstreamDefaults.Codex,
            "gemini" when type != CredentialType.ApiKey => null,
            // The type chooses among the upstreams of a provider. Otherwise a login could pass for a token.
            UpstreamDefaults.AnthropicToken or UpstreamDefaults.AnthropicLogin or UpstreamDefaults.Codex => null,
            _ => name,
        };
        if (key is null || !_byName.TryGetValue(key, out var upstream))
        {
            return (
                null,
                $"There is no upstream for credentials of {name} of this type. "
                    + $"The operator can configure one: AXVAULT_UPSTREAM_{ProviderName.ToVariable(name)}_URL."
            );
        }

        return PermittedUse.Of(name, type.Value).IsRestricted && !options.ForwardsConsumerLogins
            ? (null, $"Logins of {name} are not forwarded, because the provider does not permit it (AXVAULT_BROKER_CONSUMER_LOGINS, docs/broker.md).")
            : (upstream, null);
    }
}
