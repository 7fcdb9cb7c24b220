using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Axvault.Tests.Harness.Agents;
using Axvault.Tests.Harness.Leaks;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Clients;

/// <summary>The agents' own programs with credentials of the vault, against a double of their providers.</summary>
[Trait("Category", "Long")]
public sealed class AgentProgramServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private const string Answer = "A scripted answer.";
    private static readonly DateTimeOffset Later = DateTimeOffset.UtcNow.AddDays(3);

    [Theory(Explicit = true)]
    [InlineData("claude", "", "/v1/messages")]
    [InlineData("codex", "", "/v1/responses")]
    [InlineData("gemini", "cloudcode-pa.googleapis.com", "/v1internal:streamGenerateContent")]
    [InlineData("opencode", "chatgpt.com", "/backend-api/codex/responses")]
    public async Task An_agent_works_with_a_fetched_file_and_has_no_refresh_token(string agent, string host, string path)
    {
        var name = $"program.{agent}";
        await PutAsync(name, agent, "oauth-credentials", Login(agent));
        await using var provider = await ProviderDouble.StartAsync(ProviderScript.Say(Answer));
        var key = await vault.Admin.CreateKeyAsync([name]);
        using var user = User(agent, provider, key.Secret);

        var fetched = await user.RunAsync("fetch", "--agent", agent, name);
        Assert.True(fetched.ExitCode == 0, fetched.Errors);
        string[] selection = agent == "gemini" ? ["GOOGLE_GENAI_USE_GCA=true"] : [];
        var run = await user.RunOtherAsync("env", [.. selection, await AgentPrograms.FindAsync(agent), .. Prompt(agent, user, provider)]);

        AssertAnswered(run, provider);
        var prompt = provider.Requests.First(request => request.Path == path);
        Assert.Equal(host.Length > 0 ? host : provider.Address.Authority, prompt.Host);
        Assert.Equal($"Bearer {Token(agent)}", prompt.Headers["authorization"]);
        Assert.Equal([$"authorization: Bearer {Token(agent)}"], prompt.Credentials);
        var refreshToken = RefreshToken(agent);
        Assert.DoesNotContain(provider.Requests, request => request.Contains(refreshToken));
        Assert.DoesNotContain(
            Directory.EnumerateFiles(user.Home, "*", SearchOption.AllDirectories),
            file => File.ReadAllText(file, Encoding.Latin1).Contains(refreshToken, StringComparison.Ordinal)
        );
    }

    [Theory(Explicit = true)]
    [InlineData("claude", "oauth-token", """{"accessToken":"sk-ant-oat01-exec"}""", "authorization: Bearer sk-ant-oat01-exec")]
    [InlineData("claude", "api-key", """{"apiKey":"sk-ant-api03-exec"}""", "x-api-key: sk-ant-api03-exec")]
    [InlineData("codex", "api-key", """{"apiKey":"sk-codex-exec"}""", "authorization: Bearer sk-codex-exec")]
    [InlineData("gemini", "api-key", """{"apiKey":"AIza-exec"}""", "x-goog-api-key: AIza-exec")]
    [InlineData("gemini", "oauth-token", """{"accessToken":"ya29.exec"}""", "authorization: Bearer ya29.exec")]
    [InlineData("qwen", "api-key", """{"apiKey":"sk-qwen-exec"}""", "authorization: Bearer sk-qwen-exec")]
    public async Task An_agent_works_with_the_variables_of_exec(string agent, string type, string data, string credential)
    {
        var name = $"program.{agent}.{type}";
        await PutAsync(name, agent, type, data);
        await using var provider = await ProviderDouble.StartAsync(ProviderScript.Say(Answer));
        using var user = User(agent, provider, (await vault.Admin.CreateKeyAsync([name])).Secret);
        string[] command = ["exec", name, "--", await AgentPrograms.FindAsync(agent), .. Prompt(agent, user, provider)];

        var run = await user.RunAsync(command);

        AssertAnswered(run, provider);
        Assert.Contains(provider.Requests, request => request.Method == "POST" && request.Credentials.SequenceEqual([credential]));
        Assert.DoesNotContain(provider.Requests, request => request.Credentials.Any(sent => sent != credential));
    }

    [Theory(Explicit = true)]
    [InlineData("claude", "/v1/messages")]
    [InlineData("codex", "/v1/responses")]
    public async Task An_agent_takes_its_token_from_the_command_token(string agent, string path)
    {
        var (name, token) = ($"helper.{agent}", $"sk-helper-{agent}");
        await PutAsync(name, agent, "api-key", $$"""{"apiKey":"{{token}}"}""");
        await using var provider = await ProviderDouble.StartAsync(ProviderScript.Say(Answer));
        using var user = User(agent, provider, (await vault.Admin.CreateKeyAsync([name])).Secret);
        var arguments = Prompt(agent, user, provider);
        var command = VaultServer.StartInfo(["token", name]);
        if (agent == "claude")
        {
            var line = string.Join(' ', command.ArgumentList.Prepend(command.FileName));
            user.Write(".claude/settings.json", JsonSerializer.Serialize(new { apiKeyHelper = line }));
        }
        else
        {
            var words = JsonSerializer.Serialize(command.ArgumentList);
            user.Write(".codex/config.toml", CodexProvider(provider, $"auth = {{ command = \"{command.FileName}\", args = {words} }}"));
        }

        var run = await user.RunOtherAsync(await AgentPrograms.FindAsync(agent), arguments);

        AssertAnswered(run, provider);
        var prompt = provider.Requests.First(request => request.Path == path);
        Assert.Equal($"Bearer {token}", prompt.Headers["authorization"]);
    }

    private static string RefreshToken(string agent) => $"refresh-token-of-{agent}";

    // The logins of the agents, as they keep them.
    private static string Login(string agent)
    {
        var (access, refresh, expiry) = (Token(agent), RefreshToken(agent), Later.ToUnixTimeMilliseconds());
        return agent switch
        {
            "claude" => $$$"""
                {"claudeAiOauth":{"accessToken":"{{{access}}}","refreshToken":"{{{refresh}}}","expiresAt":{{{expiry}}},
                "scopes":["user:inference","user:profile"],"subscriptionType":"max"} }
                """,
            "codex" => $$$"""
                {"auth_mode":"chatgpt","OPENAI_API_KEY":null,"last_refresh":"{{{DateTimeOffset.UtcNow:O}}}",
                "tokens":{"id_token":"{{{Token("id")}}}","access_token":"{{{access}}}","refresh_token":"{{{refresh}}}","account_id":"acc"} }
                """,
            "gemini" => $$"""
                {"access_token":"{{access}}","refresh_token":"{{refresh}}","scope":"https://www.googleapis.com/auth/cloud-platform",
                "token_type":"Bearer","expiry_date":{{expiry}} }
                """,
            _ => $$"""{"type":"oauth","refresh":"{{refresh}}","access":"{{access}}","expires":{{expiry}},"accountId":"acc"}""",
        };
    }

    // The access tokens of OpenAI are JWTs, and the agents read their expiry and account.
    private static string Token(string agent) =>
        agent switch
        {
            "claude" => "sk-ant-oat01-claude",
            "gemini" => "ya29.gemini",
            _ => string.Join('.', ((string[])["""{"alg":"none"}""", Claims(agent), "signature"]).Select(Encode)),
        };

    private static string Claims(string subject) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"sub":"{{subject}}","exp":{{Later.ToUnixTimeSeconds()}},"https://api.openai.com/auth":{"chatgpt_account_id":"acc"} }"""
        );

    private static string Encode(string part) => Convert.ToBase64String(Encoding.UTF8.GetBytes(part)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static void AssertAnswered(ProgramRun run, ProviderDouble provider)
    {
        var received = string.Join('\n', provider.Requests.Select(static request => $"{request.Method} {request.Host}{request.Path}"));
        Assert.True(run.ExitCode == 0, $"{run.Output}\n{run.Errors}\n{received}");
        Assert.Contains(Answer, run.Output, StringComparison.Ordinal);
    }

    private ClientProgram User(string agent, ProviderDouble provider, string secret)
    {
        var address = provider.Address.ToString().TrimEnd('/');
        // The settings of each agent besides its credential. The others reach the double as their proxy.
        (string Name, string Value)[] told = agent switch
        {
            "claude" => [("ANTHROPIC_BASE_URL", address), ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")],
            "gemini" => [("GEMINI_CLI_TRUST_WORKSPACE", "true")],
            "opencode" => [("OPENCODE_DISABLE_AUTOUPDATE", "1"), ("OPENCODE_DISABLE_MODELS_FETCH", "1")],
            // Qwen Code sends requests to loopback through a proxy, too.
            "qwen" => [("OPENAI_BASE_URL", "https://qwen.example.com/v1"), ("OPENAI_MODEL", "a-model")],
            _ => [],
        };
        return new ClientProgram(vault.Server, secret)
        {
            Variables = new Dictionary<string, string>([
                .. provider.Variables,
                .. told.Select(static pair => KeyValuePair.Create(pair.Name, pair.Value)),
            ]),
        };
    }

    // The arguments for one prompt, and the files that the agent needs for it.
    private static string[] Prompt(string agent, ClientProgram user, ProviderDouble provider)
    {
        switch (agent)
        {
            case "codex":
                user.Write(".codex/config.toml", CodexProvider(provider, "requires_openai_auth = true"));
                return ["exec", "--disable", "plugins", "--skip-git-repo-check", "Say hello."];
            case "opencode":
                user.Write("opencode.json", """{"model":"openai/gpt-5.4"}""");
                return ["run", "Say hello."];
            case "gemini":
                return ["-m", "gemini-2.5-flash", "-p", "Say hello."];
            case "qwen":
                return ["--auth-type", "openai", "-p", "Say hello."];
            default:
                return ["-p", "Say hello."];
        }
    }

    private static string CodexProvider(ProviderDouble provider, string credential) =>
        $"""
            model = "gpt-5.4"
            model_provider = "double"
            chatgpt_base_url = "{provider.Address}backend-api"

            [model_providers.double]
            name = "double"
            base_url = "{provider.Address}v1"
            wire_api = "responses"
            {credential}
            """;

    private async Task PutAsync(string name, string agent, string type, string data)
    {
        var provider = agent == "opencode" ? "\"openai\"" : "null";
        var body = $$"""{"type":"{{type}}","agent":"{{agent}}","provider":{{provider}},"data":{{data}} }""";
        LeakWatch.Secrets.AddDataOf(body);
        (await vault.Admin.PutAsync($"credentials/{name}", body)).Is(HttpStatusCode.Created);
    }
}
