using Axvault.Api.Broker.Upstreams;
using Axvault.Api.Stored;
using Axvault.Tests.Harness.Servers;
using static Axvault.Tests.Settings.OptionsReading;

namespace Axvault.Tests.Settings;

/// <summary>The settings of upstreams, the choice among them, and the paths that they allow.</summary>
public sealed class UpstreamSettingsTests
{
    private const string Url = "AXVAULT_UPSTREAM_GITEA_URL";
    private const string Paths = "AXVAULT_UPSTREAM_GITEA_PATHS";
    private const string Header = "AXVAULT_UPSTREAM_GITEA_HEADER";
    private const string Prefix = "AXVAULT_UPSTREAM_GITEA_PREFIX";

    [Theory]
    [InlineData(Url, "http://example.com")]
    [InlineData(Url, "http://localhost.example.com")]
    [InlineData(Url, "https://user@example.com")]
    [InlineData(Url, "https://user:Wr0ngX@example.com")]
    [InlineData(Url, "https://example.com/a?b=c")]
    [InlineData(Url, "https://example.com/a?")]
    [InlineData(Url, "https://example.com/a#b")]
    [InlineData(Url, "https://example.com/a#")]
    [InlineData(Url, "ftp://example.com")]
    [InlineData(Url, "/etc/passwd")]
    [InlineData(Url, Wrong)]
    [InlineData(Header, "Host")]
    [InlineData(Header, "Content-Type")]
    [InlineData(Header, "content-encoding")]
    [InlineData(Header, "Accept-Encoding")]
    [InlineData(Header, "TE")]
    [InlineData(Header, "Trailer")]
    [InlineData(Header, "Keep-Alive")]
    [InlineData(Header, "Proxy-Connection")]
    [InlineData(Header, "Sec-WebSocket-Key")]
    [InlineData(Header, "Transfer-Encoding")]
    [InlineData(Header, "a b")]
    [InlineData(Header, "a:b")]
    [InlineData(Header, "a\r\nb")]
    [InlineData(Prefix, "Bearer\r\nX-Other: 1")]
    [InlineData(Prefix, "Bär")]
    [InlineData(Prefix, "two words")]
    [InlineData(Paths, "/v1/messages")]
    [InlineData(Paths, "GET")]
    [InlineData(Paths, "get /a")]
    [InlineData(Paths, "GET a")]
    [InlineData(Paths, "GET /a*")]
    [InlineData(Paths, "GET /*/a")]
    [InlineData(Paths, "GET /a/")]
    [InlineData(Paths, "GET //a")]
    [InlineData(Paths, "GET /%61")]
    [InlineData(Paths, "GET /a, POST")]
    [InlineData(Paths, " , ,")]
    [InlineData("AXVAULT_UPSTREAM_GITEA_KEY", Wrong)]
    [InlineData("AXVAULT_UPSTREAM_URL", "https://example.com")]
    [InlineData("AXVAULT_BROKER_CONSUMER_LOGINS", Wrong)]
    [InlineData("AXVAULT_SHUTDOWN_GRACE", "3601")]
    public void A_wrong_setting_is_one_line_with_its_name(string variable, string value)
    {
        var problems = Refused((Url, "https://git.example.com"), (Paths, "GET /a"), (variable, value));

        var problem = Assert.Single(problems);
        Assert.StartsWith(variable, problem, StringComparison.Ordinal);
        Assert.DoesNotContain(Wrong, problem, StringComparison.Ordinal);
        Assert.Single(problem.Split('\n'));
    }

    [Fact]
    public async Task A_server_with_a_wrong_setting_ends_with_2_and_one_line_for_each()
    {
        await using var server = await VaultServer.RunToEndAsync(
            new ServerSettings("postgresql://localhost:1/none")
            {
                Variables = new Dictionary<string, string> { [Url] = "http://example.com", [Paths] = "GET /a/", [Prefix] = "two words" },
            }
        );

        Assert.Equal(2, await server.WaitForExitAsync());
        var lines = server.Errors.Where(static line => line.Contains("AXVAULT_UPSTREAM_GITEA_", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, lines.Count);
        Assert.DoesNotContain(lines, static line => line.Contains("example.com", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Url, "https://git.example.com")]
    [InlineData(Paths, "GET /a")]
    [InlineData(Header, "X-Token")]
    public void Another_upstream_needs_url_and_paths(string variable, string value) =>
        Assert.Contains("AXVAULT_UPSTREAM_GITEA_URL and _PATHS", Assert.Single(Refused((variable, value))), StringComparison.Ordinal);

    [Theory]
    [InlineData("http://127.0.0.1:8080/", "http://127.0.0.1:8080/")]
    [InlineData("http://[::1]:8080/a/", "http://[::1]:8080/a")]
    [InlineData("http://localhost", "http://localhost/")]
    [InlineData("https://git.example.com/api/v1//", "https://git.example.com/api/v1")]
    public void Correct_urls_are_read(string text, string url) =>
        Assert.Equal(url, Read((Url, text), (Paths, "GET /a")).Broker.Upstreams.Single(static upstream => upstream.Name == "gitea").Url.AbsoluteUri);

    [Fact]
    public void A_part_of_a_default_is_replaced_alone()
    {
        var upstreams = Read(("AXVAULT_UPSTREAM_CODEX_PATHS", "GET /models"), ("AXVAULT_UPSTREAM_CLAUDE_URL", "https://gateway.example.com")).Broker.Upstreams;

        var codex = upstreams.Single(static upstream => upstream.Name == "codex");
        Assert.Equal(("https://chatgpt.com/backend-api/codex", "GET /models"), (codex.Url.AbsoluteUri, string.Join(',', codex.Paths)));
        Assert.Equal("https://api.openai.com/v1", upstreams.Single(static upstream => upstream.Name == "openai").Url.AbsoluteUri);
        Assert.Equal("gateway.example.com", upstreams.Single(static upstream => upstream.Name == "anthropic").Url.Host);
    }

    [Theory]
    [InlineData("anthropic", null, "api-key", "anthropic")]
    [InlineData("Claude", null, "api-key", "anthropic")]
    [InlineData(null, "claude-code", "api-key", "anthropic")]
    [InlineData("anthropic", "opencode", "api-key", "anthropic")]
    [InlineData("anthropic", null, "oauth-token", "anthropic_token")]
    [InlineData("anthropic", null, "oauth-credentials", null)]
    [InlineData("anthropic_token", null, "api-key", null)]
    [InlineData("anthropic_login", null, "oauth-credentials", null)]
    [InlineData("openai", null, "api-key", "openai")]
    [InlineData("openai", "codex", "oauth-credentials", "codex")]
    [InlineData("openai", null, "oauth-token", "openai")]
    [InlineData("google", "gemini-cli", "api-key", "gemini")]
    [InlineData("gemini", null, "oauth-credentials", null)]
    [InlineData("gemini", null, "oauth-token", null)]
    [InlineData("qwen", null, "oauth-credentials", null)]
    [InlineData("anthropic", "codex", "api-key", null)]
    [InlineData("openai", "claude", "api-key", null)]
    [InlineData("google", "codex", "api-key", null)]
    [InlineData(null, "opencode", "api-key", null)]
    [InlineData(null, null, "api-key", null)]
    [InlineData("unknown", null, "api-key", null)]
    public void The_upstream_is_that_of_provider_agent_and_type(string? provider, string? agent, string type, string? name)
    {
        Assert.True(CredentialType.TryParse(type, out var parsed));
        var (upstream, obstacle) = new UpstreamCatalog(Read().Broker).Choose(Attributes(parsed, provider, agent));

        Assert.Equal(name, upstream?.Name);
        Assert.Equal(name is null, obstacle is not null);
    }

    [Fact]
    public void A_consumer_login_needs_its_switch()
    {
        var catalog = new UpstreamCatalog(Read(("AXVAULT_BROKER_CONSUMER_LOGINS", "on")).Broker);

        Assert.Equal("anthropic_login", catalog.Choose(Attributes(CredentialType.OAuthCredentials, "anthropic", null)).Upstream?.Name);
    }

    [Theory]
    [InlineData("GET /v1/models/*", "GET", "/v1/models/a", true)]
    [InlineData("GET /v1/models/*", "GET", "/v1/models/a/b", true)]
    [InlineData("GET /v1/models/*", "GET", "/v1/models/", false)]
    [InlineData("GET /v1/models/*", "GET", "/v1/models", false)]
    [InlineData("GET /v1/models/*", "POST", "/v1/models/a", false)]
    [InlineData("GET /v1/models/*", "get", "/v1/models/a", false)]
    [InlineData("POST /v1/messages", "POST", "/v1/messages", true)]
    [InlineData("POST /v1/messages", "POST", "/v1/messages/batches", false)]
    [InlineData("POST /v1/messages", "POST", "/V1/messages", false)]
    [InlineData("WEBSOCKET /responses", "GET", "/responses", false)]
    public void A_path_is_allowed_as_it_is_written(string entry, string method, string path, bool isAllowed)
    {
        Assert.True(AllowedPath.TryParse(entry, out var allowed));
        Assert.Equal(isAllowed, allowed.Allows(method, path));
    }

    private static CredentialAttributes Attributes(CredentialType type, string? provider, string? agent) => new(type, agent, provider, null, null, null);
}
