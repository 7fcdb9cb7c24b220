using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Refresh;

/// <summary>A refresh token reaches the company that issued it, or no one, and a refresh that is due and not made is told everywhere.</summary>
public sealed class RefreshProviderServerTests(RefreshFixture fixture) : IClassFixture<RefreshFixture>
{
    private RefreshLab Lab => fixture.Lab;

    /// <summary>Agents, providers and files that do not name one provider for certain.</summary>
    public static TheoryData<string, string?, string?, string, string, string> Uncertain =>
        new()
        {
            { "kiro", "kiro", null, """{"accessToken":"a","refreshToken":"R","expiresAt":E}""", "not_configured", "unknown_provider" },
            { "iflow", "iflow", null, """{"access_token":"a","refresh_token":"R","expiry_date":E}""", "not_configured", "unknown_provider" },
            { "url", "mine", null, """{"access_token":"a","refresh_token":"R","expiry_date":E,"resource_url":"u"}""", "not_configured", "unknown_provider" },
            { "codex", "codex", null, """{"claudeAiOauth":{"accessToken":"a","refreshToken":"R","expiresAt":E}}""", "misconfigured", "contradicting_provider" },
            { "both", "claude", "openai", """{"accessToken":"a","refreshToken":"R","expiresAt":E}""", "misconfigured", "contradicting_provider" },
            { "gemini", "gemini", null, """{"access_token":"a","refresh_token":"R","expiry_date":E}""", "not_configured", "not_configured" },
        };

    [Theory]
    [MemberData(nameof(Uncertain))]
    public async Task A_token_of_an_uncertain_provider_is_sent_to_no_one(string name, string? agent, string? provider, string data, string status, string error)
    {
        var server = await Lab.AddServerAsync(
            ("AXVAULT_OAUTH_ANTHROPIC_TOKEN_URL", Lab.Proxy.TokenUrl.AbsoluteUri),
            ("AXVAULT_OAUTH_OPENAI_TOKEN_URL", Lab.Proxy.TokenUrl.AbsoluteUri),
            ("AXVAULT_OAUTH_GEMINI_TOKEN_URL", Lab.Proxy.TokenUrl.AbsoluteUri),
            ("AXVAULT_OAUTH_QWEN_TOKEN_URL", Lab.Proxy.TokenUrl.AbsoluteUri)
        );
        using var admin = Lab.Admin(server);
        var token = $"token-of-{name}";
        var file = data.Replace("\"R\"", $"\"{token}\"", StringComparison.Ordinal);
        await PutAsync(admin, $"uncertain.{name}", agent, provider, file, DateTimeOffset.UtcNow.AddHours(-1));

        // The list first: nothing has looked at the credential before.
        Assert.Equal((status, error), await ListedAsync(admin, $"uncertain.{name}"));
        Assert.Equal((status, error), State((await admin.GetAsync($"credentials/uncertain.{name}")).IsRefreshFailed().Refresh()));
        Assert.Equal((status, error), await ListedAsync(admin, $"uncertain.{name}"));
        (await admin.PostAsync($"credentials/uncertain.{name}/refresh", "{}")).IsProblem(HttpStatusCode.Conflict, "conflict");
        var batch = (await admin.PostAsync("credentials/read", $$"""{"names":["uncertain.{{name}}"]}""")).Is(HttpStatusCode.OK);
        Assert.True(batch.Json.GetProperty("credentials")[0].GetProperty("refreshFailed").GetBoolean());
        Assert.Empty(Lab.RequestsWith(token));
    }

    [Fact]
    public async Task A_token_of_a_known_agent_is_sent_to_its_issuer()
    {
        using var admin = Lab.Admin(await Lab.AddServerAsync(("AXVAULT_OAUTH_ANTHROPIC_TOKEN_URL", Lab.Proxy.TokenUrl.AbsoluteUri)));
        Lab.Proxy.Decide(static request =>
            request.RefreshToken == "claude-1" ? Fault.Answer(200, """{"access_token":"a2","refresh_token":"claude-2","expires_in":28800}""") : null
        );
        await PutAsync(
            admin,
            "certain",
            "claude",
            null,
            """{"claudeAiOauth":{"accessToken":"a","refreshToken":"claude-1","expiresAt":E}}""",
            DateTimeOffset.UtcNow.AddMinutes(1)
        );
        var answer = (await admin.GetAsync("credentials/certain")).IsRefreshed();
        Assert.Equal("claude-2", answer.Json.GetProperty("data").GetProperty("claudeAiOauth").GetProperty("refreshToken").GetString());
    }

    [Fact]
    public async Task A_provider_on_loopback_is_reached_without_the_proxy_of_the_environment()
    {
        using var proxy = new DeafPort();
        var url = proxy.Url.AbsoluteUri;
        var server = await Lab.AddServerAsync(("HTTP_PROXY", url), ("HTTPS_PROXY", url), ("ALL_PROXY", url));
        using var admin = Lab.Admin(server);
        await Lab.PutDueAsync("loopback");
        (await admin.GetAsync("credentials/loopback")).IsRefreshed();
    }

    [Theory]
    [InlineData("zero", """{"accessToken":"a","refreshToken":"expiry-zero","expiresAt":0}""", true)]
    [InlineData("none", """{"accessToken":"a","refreshToken":"expiry-none"}""", true)]
    [InlineData("codex", """{"tokens":{"access_token":"no-jwt","refresh_token":"expiry-codex"}}""", true)]
    [InlineData("flat", """{"access_token":"a","refresh_token":"expiry-flat"}""", true)]
    [InlineData("never", """{"type":"oauth","access":"a","refresh":"expiry-never","expires":0}""", false)]
    public async Task An_unknown_expiry_is_shown(string name, string data, bool isUnknown)
    {
        using var admin = Lab.Admin();
        var agent = data.Contains("tokens", StringComparison.Ordinal) ? "codex" : null;
        var provider = data.Contains("access_token\":\"a", StringComparison.Ordinal) || !isUnknown ? RefreshLab.ProviderName : null;
        await PutAsync(admin, $"expiry.{name}", agent, provider, data, null);
        var expected = isUnknown ? ("unknown", "unknown_expiry") : default((string?, string?));

        Assert.Equal(expected, await ListedAsync(admin, $"expiry.{name}"));
        for (var n = 0; n < 2; n++)
        {
            Assert.Equal(expected, State((await admin.GetAsync($"credentials/expiry.{name}")).IsNotDue().Refresh()));
        }
    }

    private static async Task PutAsync(VaultClient admin, string name, string? agent, string? provider, string data, DateTimeOffset? expiresAt)
    {
        var json = data.Replace(":E", $":{expiresAt?.ToUnixTimeMilliseconds()}", StringComparison.Ordinal);
        var owner = string.Concat(
            agent is null ? "" : $"\"agent\":\"{agent}\",",
            provider is null ? "" : $"\"provider\":\"{provider}\","
        );
        (await admin.PutAsync($"credentials/{name}", JsonDocument.Parse($$"""{"type":"oauth-credentials",{{owner}}"data":{{json}}}""").RootElement)).Is(
            HttpStatusCode.Created
        );
    }

    private static async Task<(string?, string?)> ListedAsync(VaultClient admin, string name)
    {
        var listed = (await admin.GetAsync("credentials")).Is(HttpStatusCode.OK).Json.GetProperty("credentials").EnumerateArray();
        var found = listed.Single(credential => credential.GetProperty("name").GetString() == name);
        return found.TryGetProperty("refresh", out var refresh) ? State(refresh) : default;
    }

    private static (string?, string?) State(JsonElement refresh) =>
        refresh.ValueKind == JsonValueKind.Undefined ? default : (refresh.GetProperty("status").GetString(), refresh.GetProperty("error").GetString());
}
