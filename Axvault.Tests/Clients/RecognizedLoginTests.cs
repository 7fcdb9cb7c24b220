using System.Text.Json;
using Axvault.Client;

namespace Axvault.Tests.Clients;

/// <summary>Logins are recognized by the members of the agents' files.</summary>
public sealed class RecognizedLoginTests
{
    [Theory]
    [InlineData("""{"claudeAiOauth":{"accessToken":"a","refreshToken":"r","expiresAt":4102444800000,"subscriptionType":"max"}}""", "claude oauth-credentials")]
    [InlineData("""{"OPENAI_API_KEY":null,"tokens":{"access_token":"a","id_token":"i","refresh_token":"r"}}""", "codex oauth-credentials")]
    [InlineData("""{"OPENAI_API_KEY":"sk-recognized"}""", "codex api-key")]
    [InlineData("""{"personal_access_token":"p"}""", "codex oauth-token")]
    [InlineData("""{"access_token":"a","refresh_token":"r","expiry_date":4102444800000}""")]
    [InlineData("""{"access_token":"a","refresh_token":"r","expiry_date":1,"resource_url":"portal.qwen.ai"}""")]
    [InlineData(
        """{"anthropic":{"type":"oauth","access":"a","refresh":"r","expires":1},"openai":{"type":"api","key":"k"},"other":{"type":"wellknown"}}""",
        "opencode oauth-credentials anthropic",
        "opencode api-key openai"
    )]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"claudeAiOauth":{}}""")]
    [InlineData("""{"access_token":"a"}""")]
    [InlineData("""{"name":"app","scripts":{"type":"module"}}""")]
    public void A_file_tells_its_agent_and_its_logins(string file, params string[] expected)
    {
        using var document = JsonDocument.Parse(file);

        var logins = RecognizedLogin.Find(document.RootElement);

        Assert.Equal(expected, logins.Select(static login => $"{login.Agent} {login.Type} {login.Provider}".TrimEnd()));
        Assert.All(logins, static login =>
        {
            Assert.Equal((login.Agent, login.Provider, login.Type), (login.ToContent().Agent, login.ToContent().Provider, login.ToContent().Type));
            Assert.Equal($"{login.Kind} (data hidden)", login.ToString());
            Assert.Equal(login.Type == CredentialTypes.OAuthCredentials, login.HasRefreshToken);
        });
    }

    [Fact]
    public void A_login_tells_what_people_want_to_know()
    {
        using var document = JsonDocument.Parse(
            """{"claudeAiOauth":{"accessToken":"a","refreshToken":"r","expiresAt":4102444800000,"subscriptionType":"max"},"mcpOAuth":{"x":1}}"""
        );

        var login = Assert.Single(RecognizedLogin.Find(document.RootElement));

        Assert.Equal(("Claude Code", "Claude login", "a subscription of type max"), (login.AgentTitle, login.Kind, login.Account));
        Assert.Equal(new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero), login.ExpiresAt);
        Assert.Equal("restricted", login.PermittedUse.Name);
    }
}
