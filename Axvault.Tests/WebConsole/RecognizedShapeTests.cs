using Axvault.Api.WebConsole.Credentials;
using Axvault.Client;

namespace Axvault.Tests.WebConsole;

/// <summary>A pasted login is recognized, and shown without a secret.</summary>
public sealed class RecognizedShapeTests
{
    private const string Claude =
        """{"claudeAiOauth":{"accessToken":"s-a","refreshToken":"s-r","expiresAt":4102444800000,"subscriptionType":"max"},"mcpOAuth":{"x":1}}""";

    private const string Codex = """{"OPENAI_API_KEY":null,"tokens":{"access_token":"s-a","refresh_token":"s-r"}}""";
    private const string OpenCode = """{"anthropic":{"type":"oauth","access":"s-a","refresh":"s-r"}}""";
    private const string Flat = """{"access_token":"s-a","refresh_token":"s-r","expiry_date":4102444800000}""";

    [Theory]
    [InlineData("", "", Claude, "Claude login|oauth-credentials|Claude Code|anthropic|True|restricted")]
    [InlineData("claude", "", Claude, "Claude login|oauth-credentials|Claude Code|anthropic|True|restricted")]
    [InlineData("", "", Codex, "ChatGPT login|oauth-credentials|Codex|openai|True|personal")]
    [InlineData("codex", "", """{"OPENAI_API_KEY":"s-k"}""", "API key of OpenAI|api-key|Codex|openai|False|automation")]
    [InlineData("codex", "", """{"personal_access_token":"s-p"}""", "Codex access token|oauth-token|Codex|openai|False|automation")]
    [InlineData("gemini", "", Flat, "Gemini CLI login|oauth-credentials|Gemini CLI|gemini|True|restricted")]
    [InlineData("qwen", "", Flat, "Qwen Code login|oauth-credentials|Qwen Code|qwen|True|restricted")]
    [InlineData("opencode", "", OpenCode, "login of anthropic|oauth-credentials|OpenCode|anthropic|True|restricted")]
    [InlineData("opencode", "x", """{"x":{"type":"api","key":"s-k"},"y":{"type":"api","key":"s-k"}}""", "API key of x|api-key|OpenCode|x|False|automation")]
    [InlineData("", "", Flat, "OAuth login|oauth-credentials|||True|personal")]
    [InlineData("login", "acme", Claude, "OAuth login|oauth-credentials||acme|True|personal")]
    [InlineData("login", "", """{"access_token":"s-a"}""", "OAuth login|oauth-credentials|||False|personal")]
    [InlineData("api-key", "acme", "s-bare", "API key|api-key||acme|False|automation")]
    [InlineData("api-key", "", """{"apiKey":"s-k"}""", "API key|api-key|||False|automation")]
    [InlineData("oauth-token", "anthropic", " s-bare\n", "access token|oauth-token||anthropic|False|personal")]
    [InlineData("oauth-token", "", """{"accessToken":"s-a","expiresAt":4102444800000}""", "access token|oauth-token|||False|personal")]
    public void A_login_is_recognized(string kind, string provider, string text, string expected)
    {
        var (shape, content) = RecognizedShape.Of(text, Fields(kind, provider));

        Assert.Equal(expected, string.Join('|', shape.Kind, shape.Type, shape.Agent, shape.Provider, shape.HasRefreshToken, shape.Permission.Name));
        Assert.Equal(shape.Type, content.Type);
        Assert.DoesNotContain("s-", shape.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("", "s-bare-secret")]
    [InlineData("claude", "s-bare-secret")]
    [InlineData("login", "s-bare-secret")]
    [InlineData("", "[\"s-bare-secret\"]")]
    [InlineData("", "{\"accessToken\":\"s-bare-secret\"")]
    [InlineData("", "{}")]
    [InlineData("", "{\"name\":\"s-bare-secret\"}")]
    [InlineData("claude", "{\"access_tokens\":\"s-bare-secret\"}")]
    [InlineData("codex", "{\"tokens\":\"s-bare-secret\"}")]
    [InlineData("opencode", "{\"a\":{\"type\":\"api\",\"key\":\"s-bare-secret\"},\"b\":{\"type\":\"api\",\"key\":\"s-bare-secret\"}}")]
    [InlineData("api-key", "")]
    public void A_text_that_is_no_login_is_refused_without_repeating_it(string kind, string text)
    {
        var refused = Assert.Throws<AxvaultException>(() => RecognizedShape.Of(text, Fields(kind, "")));

        Assert.True(refused.Error is AxvaultError.InvalidRequest or AxvaultError.NotFound);
        Assert.DoesNotContain("s-bare", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_bare_key_is_stored_in_the_shape_of_its_kind()
    {
        Assert.Equal("""{"apiKey":"a\u0022b"}""", Data("api-key", " a\"b "));
        Assert.Equal("""{"accessToken":"t"}""", Data("oauth-token", "t\n"));
    }

    [Fact]
    public void The_fields_of_the_form_are_stored_with_the_login()
    {
        var fields = Fields("claude", "anthropic") with { ExpiresAt = "2030-01-02T03:04", Title = "A title", Notes = "Notes" };

        var (shape, content) = RecognizedShape.Of(Claude, fields);

        var end = new DateTimeOffset(2030, 1, 2, 3, 4, 0, TimeSpan.Zero);
        Assert.Equal(("a subscription of type max", end), (shape.Account, shape.ExpiresAt));
        Assert.Equal(("claude", "anthropic", end), (content.Agent, content.Provider, content.ExpiresAt));
        Assert.Equal(("A title", "Notes"), (content.DisplayName, content.Notes));
        // Tokens of MCP servers are other logins.
        Assert.DoesNotContain("mcpOAuth", Data("claude", Claude), StringComparison.Ordinal);
    }

    [Fact]
    public void An_expiry_that_is_no_time_is_refused() =>
        Assert.Contains(
            "not a time",
            Assert.Throws<AxvaultException>(() => RecognizedShape.Of(Claude, Fields("claude", "") with { ExpiresAt = "soon" })).Message,
            StringComparison.Ordinal
        );

    private static PutFields Fields(string kind, string provider) => new("a", kind, provider, "", "", "", false);

    private static string Data(string kind, string text) =>
        RecognizedShape.Of(text, Fields(kind, "")).Content.ToBody().Data.GetRawText();
}
