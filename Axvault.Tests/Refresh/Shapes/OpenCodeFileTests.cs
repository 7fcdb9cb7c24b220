namespace Axvault.Tests.Refresh.Shapes;

/// <summary>The choice of the entry in OpenCode's file, which has one for each provider.</summary>
public sealed class OpenCodeFileTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("openai")]
    [InlineData("OpenAI")]
    public void The_only_oauth_entry_of_an_opencode_file_is_used(string? provider) =>
        Assert.Equal(
            "openai",
            Data.Tokens("""{"zai":{"type":"api","key":"k"},"openai":{"type":"oauth","refresh":"r","access":"a","expires":1}}""", provider).Provider
        );

    [Theory]
    [InlineData(null)]
    [InlineData("mistral")]
    public void None_of_several_entries_of_an_opencode_file_is_guessed(string? provider) =>
        Assert.Null(
            Data.Find(
                """{"a":{"type":"oauth","refresh":"r1","access":"a1","expires":1},"b":{"type":"oauth","refresh":"r2","access":"a2","expires":1}}""",
                provider
            )
        );

    [Fact]
    public void A_token_beside_a_copilot_entry_is_found() =>
        Assert.Equal(
            "r",
            Data.Tokens(
                    """{"github-copilot":{"type":"oauth","refresh":"g","access":"g","expires":0},"""
                        + "\"anthropic\":"
                        + """{"type":"oauth","refresh":"r","access":"a","expires":1}}""",
                    "anthropic"
                )
                .RefreshToken.Reveal()
        );

    [Fact]
    public void An_entry_of_another_provider_is_never_used() =>
        Assert.Null(Data.Find("""{"anthropic":{"type":"oauth","refresh":"r","access":"a","expires":1}}""", "openai"));

    [Theory]
    [InlineData("google", "gemini")]
    [InlineData("gemini", "google")]
    [InlineData("Claude", "anthropic")]
    [InlineData("my corp", "my-corp")]
    public void An_entry_is_found_by_any_name_of_its_provider(string provider, string entry) =>
        Assert.Equal(
            entry,
            Data.Tokens(
                $"{{\"{entry}\":"
                    + """{"type":"oauth","refresh":"r","access":"a","expires":1},"other":{"type":"oauth","refresh":"r2","access":"a2","expires":1}}""",
                provider
            ).Provider
        );
}
