using System.Net;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Deployment;

/// <summary>deploy/github-actions/axvault.sh: an agent gets an access token that it accepts, and no job gets a refresh token.</summary>
public sealed class JobCredentialTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    // {"exp": 4102444800}
    private const string Jwt = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjQxMDI0NDQ4MDB9.c2lnbmF0dXJl";

    // {"exp": 1700000000}
    private const string DeadJwt = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3MDAwMDAwMDB9.c2lnbmF0dXJl";

    // In the data, R is a refresh token and X a secret beside the access token: neither may leave.
    public static TheoryData<string, string, string, string, string> Files =>
        new()
        {
            {
                "claude",
                "\"agent\":\"claude\"",
                """
                {"claudeAiOauth":{"accessToken":"sk-ant-oat-a","refreshToken":"R","refreshTokenExpiresAt":4102444800000,"expiresAt":4102444800000,
                 "scopes":["user:inference",{"refreshToken":"R2"}],"subscriptionType":"max","refresh_token":"R3","nested":{"refreshToken":"R4"}},
                 "mcpOAuth":{"server|1":{"accessToken":"X1","refreshToken":"R5","clientSecret":"X2"}},"refresh":"R6","organizationUuid":"X3"}
                """,
                ".claude/.credentials.json",
                """{"claudeAiOauth":{"accessToken":"sk-ant-oat-a","expiresAt":4102444800000,"subscriptionType":"max","scopes":["user:inference"]}}"""
            },
            {
                "claude",
                "\"agent\":\"claude\"",
                """{"accessToken":"sk-ant-oat-b","refreshToken":"R","expiresAt":4102444800000,"scopes":["user:inference"],"mcpOAuth":{"a":"R2"}}""",
                ".claude/.credentials.json",
                """{"claudeAiOauth":{"accessToken":"sk-ant-oat-b","expiresAt":4102444800000,"scopes":["user:inference"]}}"""
            },
            {
                "codex",
                "\"agent\":\"codex\"",
                """
                {"auth_mode":"chatgpt","OPENAI_API_KEY":"X1","agent_identity":{"token":"X2"},"tokens":{"id_token":"id-a","access_token":"JWT",
                 "refresh_token":"R","account_id":"a","refreshToken":"R2","nested":{"refresh_token":"R3"}},"last_refresh":"2026-01-01T00:00:00Z","refresh":"R4"}
                """,
                ".codex/auth.json",
                """
                {"auth_mode":"chatgpt","last_refresh":"2026-01-01T00:00:00Z",
                 "tokens":{"id_token":"id-a","access_token":"JWT","account_id":"a","refresh_token":""}}
                """
            },
            {
                "codex",
                "\"provider\":\"openai\"",
                """{"id_token":"id-b","access_token":"JWT","refresh_token":"R","expires_in":864000,"token_type":"Bearer"}""",
                ".codex/auth.json",
                """{"auth_mode":"chatgpt","tokens":{"id_token":"id-b","access_token":"JWT","refresh_token":""}}"""
            },
            {
                "gemini",
                "\"agent\":\"gemini\"",
                """
                {"access_token":"ya29.a","refresh_token":"R","scope":"cloud-platform","token_type":"Bearer","id_token":"X1","expiry_date":4102444800000,
                 "client_secret":"X2","nested":{"refresh_token":"R2"}}
                """,
                ".gemini/oauth_creds.json",
                """{"token_type":"Bearer","scope":"cloud-platform","access_token":"ya29.a","expiry_date":4102444800000}"""
            },
            {
                "gemini",
                "\"provider\":\"google\"",
                """{"token":"ya29.b","refresh_token":"R","client_secret":"X1","expiry":"2100-01-01T02:00:00.5+02:00"}""",
                ".gemini/oauth_creds.json",
                """{"access_token":"ya29.b","expiry_date":4102444800000}"""
            },
            {
                "opencode",
                "\"agent\":\"opencode\",\"provider\":\"openai\"",
                """
                {"openai":{"type":"oauth","refresh":"R","access":"JWT","expires":4102444800000,"accountId":"a","extra":{"refresh":"R2"}},
                 "anthropic":{"type":"oauth","refresh":"R3","access":"X1","expires":1},"zai":{"type":"api","key":"X2"}}
                """,
                ".local/share/opencode/auth.json",
                """{"openai":{"type":"oauth","refresh":"","access":"JWT","expires":4102444800000,"accountId":"a"}}"""
            },
        };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task An_agent_gets_a_private_file_with_its_access_token_alone(string agent, string attributes, string data, string file, string content)
    {
        using var runner = new CiRunner();
        var (name, secrets) = await PutAsync("oauth-credentials", attributes, data);

        var run = await LogInAsync(runner, agent, name);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        var path = Path.Combine(runner.Home, file);
        var written = File.ReadAllText(path);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(content.Replace("JWT", Jwt, StringComparison.Ordinal)), JsonNode.Parse(written)), written);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path));
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, runner.Everything, StringComparison.Ordinal));
        Assert.Single(Directory.EnumerateFiles(runner.Home, "*", SearchOption.AllDirectories));
        Assert.Equal(agent == "gemini" ? "GOOGLE_GENAI_USE_GCA=true\n" : "", runner.Variables);
    }

    [Theory]
    [InlineData("claude", "oauth-token", """{"accessToken":"token-1","refreshToken":"R"}""", "CLAUDE_CODE_OAUTH_TOKEN=token-1\n")]
    [InlineData("claude", "oauth-credentials", """{"access_token":"token-2","refresh_token":"R"}""", "CLAUDE_CODE_OAUTH_TOKEN=token-2\n")]
    [InlineData("claude", "oauth-credentials", """{"accessToken":"token-3","refreshToken":"R","expiresAt":0}""", "CLAUDE_CODE_OAUTH_TOKEN=token-3\n")]
    [InlineData("claude", "api-key", """{"apiKey":"token-4","refreshToken":"R"}""", "ANTHROPIC_API_KEY=token-4\n")]
    [InlineData("codex", "oauth-token", """{"accessToken":"token-5","refreshToken":"R"}""", "CODEX_ACCESS_TOKEN=token-5\n")]
    [InlineData("gemini", "oauth-token", """{"accessToken":"token-6"}""", "GOOGLE_CLOUD_ACCESS_TOKEN=token-6\nGOOGLE_GENAI_USE_GCA=true\n")]
    [InlineData("gemini", "api-key", """{"apiKey":"token-7"}""", "GEMINI_API_KEY=token-7\n")]
    [InlineData("qwen", "api-key", """{"apiKey":"token-8"}""", "OPENAI_API_KEY=token-8\n")]
    public async Task A_token_without_a_file_becomes_the_variable_of_the_agent(string agent, string type, string data, string variables)
    {
        using var runner = new CiRunner();
        var (name, secrets) = await PutAsync(type, "", data);

        var run = await LogInAsync(runner, agent, name);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Equal(variables, runner.Variables);
        Assert.Empty(Directory.EnumerateFileSystemEntries(runner.Home));
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, runner.Everything, StringComparison.Ordinal));
    }

    // Codex ignores the variable OPENAI_API_KEY, and reads that member of its file.
    [Fact]
    public async Task An_API_key_becomes_the_file_of_Codex_and_an_entry_of_OpenCode()
    {
        using var runner = new CiRunner();
        var (openai, _) = await PutAsync("api-key", "\"provider\":\"openai\"", """{"apiKey":"sk-1"}""");
        var (anthropic, _) = await PutAsync("api-key", "\"agent\":\"opencode\",\"provider\":\"anthropic\"", """{"apiKey":"sk-2"}""");

        await LogInAsync(runner, $"codex {openai}\nopencode {openai}\nopencode", anthropic);

        Assert.Equal("""{"auth_mode":"apikey","OPENAI_API_KEY":"sk-1"}""", Compact(Path.Combine(runner.Home, ".codex/auth.json")));
        Assert.Equal(
            """{"openai":{"type":"api","key":"sk-1"},"anthropic":{"type":"api","key":"sk-2"}}""",
            Compact(Path.Combine(runner.Home, ".local/share/opencode/auth.json"))
        );

        static string Compact(string file) => JsonNode.Parse(File.ReadAllText(file))!.ToJsonString();
    }

    [Theory]
    [InlineData("qwen", "\"agent\":\"qwen\"", """{"access_token":"a","refresh_token":"R"}""", "is a login, and Qwen Code takes API keys only")]
    [InlineData("codex", "\"agent\":\"codex\"", """{"tokens":{"access_token":"a","refresh_token":"R"}}""", "has no access_token with an id_token")]
    [InlineData("opencode", "\"agent\":\"opencode\",\"provider\":\"anthropic\"", """{"refresh":"R","access":"a"}""", "is a login, and without its refresh")]
    [InlineData("opencode", "\"agent\":\"opencode\",\"provider\":\"openai\"", """{"refresh":"R","access":"R"}""", "has a token that is also its refresh token")]
    [InlineData("opencode", "\"agent\":\"claude\"", """{"refreshToken":"R","accessToken":"a"}""", "has no provider, and opencode needs one")]
    [InlineData("claude", "\"agent\":\"kiro\"", """{"refreshToken":"R","accessToken":"a"}""", "is of kiro, and claude takes credentials of anthropic")]
    [InlineData("gemini", "", """{"claudeAiOauth":{"refreshToken":"R","accessToken":"a"}}""", "is of anthropic, and gemini takes credentials of gemini")]
    [InlineData("claude", "", """{"refreshToken":"R","something":"a"}""", "has no token that claude accepts")]
    [InlineData("cursor", "", """{"refreshToken":"R","accessToken":"a"}""", "is for the agent cursor, which is none of claude")]
    public async Task A_login_that_an_agent_does_not_accept_is_refused(string agent, string attributes, string data, string reason)
    {
        using var runner = new CiRunner();
        var (name, secrets) = await PutAsync("oauth-credentials", attributes, data);

        var run = await LogInAsync(runner, agent, name);

        Assert.Equal((1, 2), (run.ExitCode, run.Lines.Count));
        Assert.StartsWith($"::error title=Axvault::{name} {reason}", run.Lines[^1], StringComparison.Ordinal);
        Assert.Equal("", runner.Variables);
        Assert.Empty(Directory.EnumerateFileSystemEntries(runner.Home));
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, runner.Everything, StringComparison.Ordinal));
    }

    // The server has no client secret of Google, so it refreshes none of these, and says so.
    [Theory]
    [InlineData("\"expiry_date\":1700000000000", 1, "::error title=Axvault::NAME has expired, and the vault could not refresh it (not_configured)")]
    [InlineData("\"expires_at\":\"2023-11-14T22:13:20Z\"", 1, "::error title=Axvault::NAME has expired, and the vault could not refresh it")]
    [InlineData("\"expiry_date\":SOON", 0, "::warning title=Axvault::NAME was not refreshed (")]
    public async Task A_failed_refresh_fails_the_step_when_the_token_is_dead(string expiry, int exitCode, string line)
    {
        using var runner = new CiRunner();
        var soon = DateTimeOffset.UtcNow.AddMinutes(10).ToUnixTimeMilliseconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var (name, _) = await PutAsync(
            "oauth-credentials",
            "\"provider\":\"gemini\"",
            $$"""{"access_token":"ya29.c","refresh_token":"R",{{expiry.Replace("SOON", soon, StringComparison.Ordinal)}}}"""
        );

        var run = await LogInAsync(runner, "gemini", name);

        Assert.Equal(exitCode, run.ExitCode);
        Assert.StartsWith(line.Replace("NAME", name, StringComparison.Ordinal), run.Lines[^1], StringComparison.Ordinal);
        Assert.Equal(exitCode == 0, File.Exists(Path.Combine(runner.Home, ".gemini/oauth_creds.json")));
    }

    [Fact]
    public async Task A_token_that_has_expired_by_its_own_word_is_reported()
    {
        using var runner = new CiRunner();
        var (name, _) = await PutAsync("oauth-token", "", $$"""{"accessToken":"{{DeadJwt}}"}""");

        var run = await LogInAsync(runner, "codex", name);

        Assert.Equal((0, $"::warning title=Axvault::{name} has a token that has expired"), (run.ExitCode, run.Lines[^1]));
    }

    private async Task<StepRun> LogInAsync(CiRunner runner, string agent, string name) =>
        await runner.RunActionAsync(
            new Dictionary<string, string> { ["login"] = $"{agent} {name}", ["url"] = vault.Server.Address.GetLeftPart(UriPartial.Authority) },
            ("AXVAULT_API_KEY", vault.Admin.Secret!)
        );

    // Puts data with secrets of this test in place of R, R2, X1… and returns them.
    private async Task<(string Name, IReadOnlyCollection<string> Secrets)> PutAsync(string type, string attributes, string data)
    {
        var name = $"job-{Guid.NewGuid():N}";
        var secrets = new Dictionary<string, string>();
        data = System.Text.RegularExpressions.Regex.Replace(
            data.Replace("JWT", Jwt, StringComparison.Ordinal),
            "\"([RX][0-9]?)\"",
            match =>
            {
                secrets.TryAdd(match.Groups[1].Value, $"canary-{match.Groups[1].Value}-{Guid.NewGuid():N}");
                return $"\"{secrets[match.Groups[1].Value]}\"";
            }
        );
        var more = attributes.Length == 0 ? "" : $",{attributes}";
        (await vault.Admin.PutAsync($"credentials/{name}", $$"""{"type":"{{type}}"{{more}},"data":{{data}}}""")).Is(HttpStatusCode.Created);
        return (name, secrets.Values);
    }
}
