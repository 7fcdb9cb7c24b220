using Axvault.Api.Refresh.Providers;
using CsCheck;

namespace Axvault.Tests.Refresh.Providers;

public sealed class ProviderNameTests
{
    [Theory]
    [InlineData("anthropic", "anthropic")]
    [InlineData("Anthropic", "anthropic")]
    [InlineData("claude", "anthropic")]
    [InlineData("Claude Code", "anthropic")]
    [InlineData("claude-code", "anthropic")]
    [InlineData("openai", "openai")]
    [InlineData("codex", "openai")]
    [InlineData("codex-cli", "openai")]
    [InlineData("google", "gemini")]
    [InlineData("GOOGLE", "gemini")]
    [InlineData("gemini-cli", "gemini")]
    [InlineData("qwen.code", "qwen")]
    [InlineData("my-corp", "my_corp")]
    [InlineData("My Corp 2", "my_corp_2")]
    [InlineData("github-copilot", "github_copilot")]
    [InlineData("é", "_")]
    [InlineData("", "")]
    public void A_provider_name_ignores_case_and_punctuation_and_an_agent_maps_to_it(string name, string normal) =>
        Assert.Equal(normal, ProviderName.Normalize(name));

    [Fact]
    public void The_normal_form_is_stable_and_fits_a_variable_name() =>
        Gen.String.Sample(static name =>
        {
            var normal = ProviderName.Normalize(name);
            return ProviderName.Normalize(normal) == normal
                && ProviderName.Normalize(ProviderName.ToVariable(normal)) == normal
                && ProviderName.ToVariable(normal).All(static c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '_');
        });
}
