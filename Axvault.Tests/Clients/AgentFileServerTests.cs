using System.Net;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Leaks;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Clients;

/// <summary><c>axvault push</c> and <c>fetch</c>: the agents' own files, to the vault and back.</summary>
public sealed class AgentFileServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private static readonly string IdToken = $"e30.{Convert.ToBase64String("""{"email":"dev@example.com"}"""u8).TrimEnd('=')}.c2ln";
    private static readonly long Later = DateTimeOffset.UtcNow.AddDays(3).ToUnixTimeMilliseconds();

    public static TheoryData<string, string, string, string> Files =>
        new()
        {
            {
                "claude",
                ".claude/.credentials.json",
                $$$"""
                {"claudeAiOauth":{"accessToken":"ax-claude","refreshToken":"rx-claude","expiresAt":{{{Later}}},"scopes":["user:inference"],
                "subscriptionType":"max","other":1},"mcpOAuth":{"x":{"refreshToken":"rx-mcp"} } }
                """,
                $$$"""{"claudeAiOauth":{"accessToken":"ax-claude","expiresAt":{{{Later}}},"subscriptionType":"max","scopes":["user:inference"]}}"""
            },
            {
                "codex",
                ".codex/auth.json",
                $$$"""
                {"OPENAI_API_KEY":null,"last_refresh":"2026-11-29T10:00:00Z",
                "tokens":{"id_token":"{{{IdToken}}}","access_token":"ax-codex","refresh_token":"rx-codex","account_id":"acc"} }
                """,
                $$$"""
                {"last_refresh":"2026-11-29T10:00:00Z","auth_mode":"chatgpt",
                "tokens":{"id_token":"{{{IdToken}}}","access_token":"ax-codex","account_id":"acc","refresh_token":""} }
                """
            },
            {
                "gemini",
                ".gemini/oauth_creds.json",
                $$$"""
                {"access_token":"ax-gemini","refresh_token":"rx-gemini","scope":"s","token_type":"Bearer","id_token":"{{{IdToken}}}",
                "expiry_date":{{{Later}}} }
                """,
                $$$"""{"token_type":"Bearer","scope":"s","access_token":"ax-gemini","expiry_date":{{{Later}}} }"""
            },
            {
                "opencode",
                ".local/share/opencode/auth.json",
                $$$"""{"openai":{"type":"oauth","refresh":"rx-opencode","access":"ax-opencode","expires":{{{Later}}},"accountId":"acc"}}""",
                $$$"""{"openai":{"access":"ax-opencode","accountId":"acc","type":"oauth","refresh":"","expires":{{{Later}}} } }"""
            },
        };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_file_goes_to_the_vault_and_comes_back_without_refresh_token(string agent, string path, string content, string expected)
    {
        LeakWatch.Secrets.AddDataOf($$"""{"data":{{content}}}""");
        using var owner = new ClientProgram(vault.Server, vault.Admin.Secret);
        owner.Write(path, content);
        var name = $"file.{agent}";

        var pushed = await owner.RunAsync("push", "--agent", agent, name, "--yes");
        Assert.Equal((0, $"Stored {name} (oauth-credentials).\n"), (pushed.ExitCode, pushed.Output));
        Assert.Contains("still holds the same single-use refresh token", pushed.Errors, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllTextAsync(Path.Combine(owner.Home, path), TestContext.Current.CancellationToken));

        using var job = new ClientProgram(vault.Server, (await vault.Admin.CreateKeyAsync([name])).Secret);
        var fetched = await job.RunAsync("fetch", "--agent", agent, name);
        Assert.True(fetched.ExitCode == 0, fetched.Errors);
        var file = Path.Combine(job.Home, path);
        AssertJson(expected, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        ClientProgram.AssertPrivate(file);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task The_vault_can_take_a_login_over(string agent, string path, string content, string expected)
    {
        content = content.Replace("rx-", "taken-rx-", StringComparison.Ordinal);
        LeakWatch.Secrets.AddDataOf($$"""{"data":{{content}}}""");
        using var owner = new ClientProgram(vault.Server, vault.Admin.Secret);
        owner.Write(path, content);

        var pushed = await owner.RunAsync("push", "--agent", agent, $"taken.{agent}", "--take-over", "--yes");

        Assert.True(pushed.ExitCode == 0, pushed.Errors);
        var left = await File.ReadAllTextAsync(Path.Combine(owner.Home, path), TestContext.Current.CancellationToken);
        Assert.DoesNotContain($"taken-rx-{agent}", left, StringComparison.Ordinal);
        if (agent == "claude")
        {
            // The login of an MCP server is another one, and stays.
            Assert.Contains("taken-rx-mcp", left, StringComparison.Ordinal);
        }
        else
        {
            AssertJson(expected, left);
        }
    }

    [Fact]
    public async Task Siblings_in_the_file_stay()
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);
        await PutAsync("sibling", "opencode", "openai", $$"""{"type":"oauth","refresh":"r-sibling","access":"a-sibling","expires":{{Later}} }""");
        var file = user.Write(".local/share/opencode/auth.json", """{"anthropic":{"type":"api","key":"own-key"},"openai":{"type":"api","key":"old"}}""");

        Assert.Equal(0, (await user.RunAsync("fetch", "--agent", "opencode", "sibling")).ExitCode);

        var content = JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!;
        Assert.Equal("own-key", (string?)content["anthropic"]!["key"]);
        Assert.Equal(("a-sibling", null), ((string?)content["openai"]!["access"], content["openai"]!["key"]));
    }

    [Fact]
    public async Task The_folders_that_an_agent_is_told_of_are_used()
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret) { Variables = new Dictionary<string, string> { ["CODEX_HOME"] = "elsewhere" } };
        var data = $$$"""{"tokens":{"id_token":"{{{IdToken}}}","access_token":"a-elsewhere","refresh_token":"r-elsewhere"} }""";
        await PutAsync("elsewhere", "codex", null, data);

        Assert.Equal(0, (await user.RunAsync("fetch", "--agent", "codex", "elsewhere")).ExitCode);

        Assert.True(File.Exists(Path.Combine(user.Home, "elsewhere/auth.json")));
    }

    [Fact]
    public async Task The_refresh_token_is_written_only_when_it_is_asked_for()
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);
        await PutAsync("with.refresh", "claude", null, $$"""{"accessToken":"a-with","refreshToken":"r-with","expiresAt":{{Later}},"scopes":["s"]}""");

        Assert.Equal(0, (await user.RunAsync("fetch", "--agent", "claude", "with.refresh", "--with-refresh-token")).ExitCode);

        var file = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(user.Home, ".claude/.credentials.json"), TestContext.Current.CancellationToken))!;
        Assert.Equal("r-with", (string?)file["claudeAiOauth"]!["refreshToken"]);
    }

    [Fact]
    public async Task A_push_tells_what_it_found_and_asks()
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);
        user.Write(".codex/auth.json", $$$"""{"tokens":{"id_token":"{{{IdToken}}}","access_token":"a-asked","refresh_token":"r-asked"} }""");
        LeakWatch.Secrets.AddDataOf("""{"data":{"access_token":"a-asked","refresh_token":"r-asked"} }""");

        var asked = await user.RunOnTerminalAsync("n\r", "push", "--agent", "codex", "asked");
        Assert.Equal(1, asked.ExitCode);
        Assert.Matches("Found +ChatGPT login in .*/.codex/auth.json", asked.Output);
        Assert.Matches("Account +dev@example.com", asked.Output);
        Assert.Matches("Permission +personal: ", asked.Output);
        (await vault.Admin.GetAsync("credentials/asked")).IsNotFound();

        // Without a terminal there is no one to ask.
        Assert.Equal(2, (await user.RunAsync("push", "--agent", "codex", "asked")).ExitCode);
    }

    [Theory]
    [InlineData("claude", "anthropic", "oauth-token", """{"accessToken":"t"}""", 8, "CLAUDE_CODE_OAUTH_TOKEN")]
    [InlineData("codex", "anthropic", "api-key", """{"apiKey":"t"}""", 8, "takes credentials of openai")]
    [InlineData("opencode", "github-copilot", "oauth-credentials", """{"refresh":"same","access":"same","expires":0}""", 8, "takes only those of openai")]
    [InlineData("qwen", "qwen", "oauth-credentials", """{"access_token":"a-q","refresh_token":"r-q"}""", 8, "Qwen Code takes API keys only")]
    public async Task A_credential_that_an_agent_does_not_take_is_refused(string agent, string provider, string type, string data, int code, string why)
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);
        var body = $$"""{"type":"{{type}}","provider":"{{provider}}","data":{{data}}}""";
        (await vault.Admin.PutAsync($"credentials/refused.{agent}", body)).Is(HttpStatusCode.Created);

        var run = await user.RunAsync("fetch", "--agent", agent, $"refused.{agent}");

        Assert.Equal((code, ""), (run.ExitCode, run.Output));
        Assert.Contains(why, run.Errors, StringComparison.Ordinal);
    }

    private async Task PutAsync(string name, string agent, string? provider, string data) =>
        (
            await vault.Admin.PutAsync(
                $"credentials/{name}",
                $$"""{"type":"oauth-credentials","agent":"{{agent}}"{{(provider is null ? "" : $",\"provider\":\"{provider}\"")}},"data":{{data}}}"""
            )
        ).Is(HttpStatusCode.Created);

    private static void AssertJson(string expected, string actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), $"expected {expected}, got {actual}");
}
