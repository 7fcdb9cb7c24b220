using Axvault.Api.Refresh.Providers;
using Axvault.Api.Stored;
using Axvault.Tests.Refresh.Shapes;

namespace Axvault.Tests.Refresh.Providers;

public sealed class ProviderCatalogTests
{
    private const string Flat = """{"refresh_token":"r","access_token":"a"}""";
    private const string Claude = """{"refreshToken":"r","accessToken":"a"}""";
    private const string ClaudeFile = """{"claudeAiOauth":{"refreshToken":"r","accessToken":"a"}}""";
    private const string Gemini = """{"refresh_token":"r","access_token":"a","expiry_date":1}""";
    private const string Qwen = """{"refresh_token":"r","access_token":"a","expiry_date":1,"resource_url":"u"}""";
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
    [InlineData("anthropic", "kiro", Claude, "anthropic")]
    [InlineData("my-corp", null, Codex, "my_corp")]
    [InlineData("qwen", null, Gemini, "qwen")]
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
    // An agent that is not known is a provider that is not known, whatever its file looks like.
    [InlineData(null, "kiro", Claude, null)]
    [InlineData(null, "iflow", Gemini, null)]
    [InlineData(null, "grok", Codex, null)]
    [InlineData(null, "cursor", Qwen, null)]
    [InlineData(null, "an unknown agent", ClaudeFile, null)]
    // Then the provider that the shape of the data implies.
    [InlineData(null, null, Claude, "anthropic")]
    [InlineData(null, null, Codex, "openai")]
    [InlineData(null, null, """{"refresh_token":"r","access_token":"a","expiry_date":1}""", "gemini")]
    [InlineData(null, null, """{"refresh_token":"r","access_token":"a","expiry_date":1,"resource_url":"u"}""", "qwen")]
    [InlineData(null, "opencode", OpenCodeFile, "openai")]
    [InlineData(null, "opencode", """{"mistral":{"type":"oauth","refresh":"r","access":"a","expires":1}}""", null)]
    // Otherwise no provider.
    [InlineData(null, null, Flat, null)]
    [InlineData(null, null, OpenCode, null)]
    [InlineData(null, "opencode", OpenCode, null)]
    [InlineData("anthropic", "opencode", OpenCode, "anthropic")]
    public void The_provider_comes_from_the_name_then_the_agent_then_the_shape(string? provider, string? agent, string json, string? expected)
    {
        var choice = Choose(provider, agent, json);
        Assert.Equal((expected, expected is null ? "unknown_provider" : null), (choice.Provider?.Name, choice.Error));
    }

    [Theory]
    [InlineData(null, "codex", ClaudeFile)]
    [InlineData("openai", null, ClaudeFile)]
    [InlineData("my-corp", null, ClaudeFile)]
    [InlineData(null, "claude", Codex)]
    [InlineData("anthropic", null, Codex)]
    [InlineData(null, "claude", Gemini)]
    [InlineData("openai", null, Gemini)]
    [InlineData(null, "gemini", Qwen)]
    [InlineData(null, "claude", OpenCodeFile)]
    [InlineData("openai", "claude", Claude)]
    [InlineData("anthropic", "Codex CLI", Flat)]
    public void A_contradiction_yields_no_provider(string? provider, string? agent, string json)
    {
        var choice = Choose(provider, agent, json);
        Assert.Equal((null, "contradicting_provider"), (choice.Provider, choice.Error));
    }

    private static ProviderChoice Choose(string? provider, string? agent, string json) =>
        Catalog.Choose(new CredentialAttributes(CredentialType.OAuthCredentials, agent, provider, null, null, null), Data.Tokens(json, provider).Shape);
}
