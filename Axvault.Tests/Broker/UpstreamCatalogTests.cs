using Axvault.Api.Broker;
using Axvault.Api.Broker.Upstreams;
using Axvault.Api.Stored;
using Axvault.Client;

namespace Axvault.Tests.Broker;

/// <summary>The choice of an upstream, without a server.</summary>
public sealed class UpstreamCatalogTests
{
    [Theory]
    [InlineData("claude", "oauth-credentials", "anthropic_login")]
    [InlineData("Anthropic", "oauth-token", "anthropic_token")]
    [InlineData("anthropic", "api-key", "anthropic")]
    [InlineData("codex", "oauth-credentials", "codex")]
    [InlineData("openai", "oauth-token", "openai")]
    [InlineData("openai", "api-key", "openai")]
    [InlineData("google", "api-key", "gemini")]
    [InlineData("qwen-code", "oauth-credentials", "qwen")]
    [InlineData("qwen", "oauth-token", "qwen")]
    [InlineData("qwen", "api-key", "qwen")]
    [InlineData("GitHub Copilot", "oauth-token", "github_copilot")]
    [InlineData("lab", "oauth-credentials", "lab")]
    public void A_login_is_forwarded_when_the_permitted_use_or_the_operator_allows_it(string provider, string type, string upstream)
    {
        Assert.True(CredentialType.TryParse(type, out var parsed));
        var attributes = new CredentialAttributes(parsed, null, provider, null, null, null);

        Assert.Equal(upstream, Catalog(forwards: true).Choose(attributes).Upstream?.Name);
        var (chosen, obstacle) = Catalog(forwards: false).Choose(attributes);
        Assert.Equal(PermittedUse.Of(provider, type).Name == "restricted", chosen is null);
        Assert.Contains(chosen is null ? "AXVAULT_BROKER_CONSUMER_LOGINS" : "", obstacle ?? "", StringComparison.Ordinal);
    }

    private static UpstreamCatalog Catalog(bool forwards) =>
        new(
            new BrokerOptions
            {
                ForwardsConsumerLogins = forwards,
                ShutdownGrace = TimeSpan.Zero,
                Upstreams = [.. UpstreamDefaults.All, Custom("qwen"), Custom("github_copilot"), Custom("lab")],
            }
        );

    private static Upstream Custom(string name) =>
        new()
        {
            Name = name,
            Url = new Uri($"https://{name}.example.com"),
            Paths = [],
        };
}
