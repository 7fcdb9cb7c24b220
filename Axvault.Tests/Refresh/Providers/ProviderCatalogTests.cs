using Axvault.Api.Refresh.Providers;
using Axvault.Api.Stored;
using Axvault.Tests.Refresh.Shapes;

namespace Axvault.Tests.Refresh.Providers;

public sealed class ProviderCatalogTests
{
    private const string Flat = """{"refresh_token":"r","access_token":"a"}""";
    private const string Claude = """{"refreshToken":"r","accessToken":"a"}""";
    private const string Codex = """{"tokens":{"refresh_token":"r"}}""";
    private const string OpenCode = """{"type":"oauth","refresh":"r","access":"a","expires":1}""";
    private const string OpenCodeFile = """{"openai":{"type":"oauth","refresh":"r","access":"a","expires":1}}""";

    private static readonly ProviderCatalog Catalog = new([
        .. ProviderDefaults.All,
        new OAuthProvider
        {
            Name = "my_corp",
            TokenUrl = new Uri("https://corp.example/token"),
            ClientId = "c",
        },
    ]);

    [Theory]
    // First the provider named by the credential, in any spelling.
    [InlineData("anthropic", null, Flat, "anthropic")]
    [InlineData("Google", null, Flat, "gemini")]
    [InlineData("My-Corp", "claude", Claude, "my_corp")]
    [InlineData("openai", "claude", Claude, "openai")]
    [InlineData("codex", null, Flat, "openai")]
    // A named provider that is not known is not replaced by a guess.
    [InlineData("unheard-of", "claude", Claude, null)]
    [InlineData("unheard-of", null, Codex, null)]
    [InlineData("", "claude", Claude, null)]
    // Then the provider of the agent.
    [InlineData(null, "claude", Flat, "anthropic")]
    [InlineData(null, "Claude Code", Flat, "anthropic")]
    [InlineData(null, "codex", Flat, "openai")]
    [InlineData(null, "gemini", Flat, "gemini")]
    [InlineData(null, "qwen-code", Flat, "qwen")]
    [InlineData(null, "my_corp", Claude, "my_corp")]
    // Then the provider that the shape of the data implies.
    [InlineData(null, null, Claude, "anthropic")]
    [InlineData(null, null, Codex, "openai")]
    [InlineData(null, null, """{"refresh_token":"r","access_token":"a","expiry_date":1}""", "gemini")]
    [InlineData(null, null, """{"refresh_token":"r","access_token":"a","expiry_date":1,"resource_url":"u"}""", "qwen")]
    [InlineData(null, "opencode", OpenCodeFile, "openai")]
    [InlineData(null, "an unknown agent", Claude, "anthropic")]
    [InlineData(null, "opencode", """{"mistral":{"type":"oauth","refresh":"r","access":"a","expires":1}}""", null)]
    // Otherwise no provider.
    [InlineData(null, null, Flat, null)]
    [InlineData(null, null, OpenCode, null)]
    [InlineData(null, "opencode", OpenCode, null)]
    [InlineData("anthropic", "opencode", OpenCode, "anthropic")]
    public void The_provider_comes_from_the_name_then_the_agent_then_the_shape(string? provider, string? agent, string json, string? expected) =>
        Assert.Equal(
            expected,
            Catalog.Find(new CredentialAttributes(CredentialType.OAuthCredentials, agent, provider, null, null, null), Data.Tokens(json, provider))?.Name
        );
}
