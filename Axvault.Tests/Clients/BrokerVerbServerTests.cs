using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Clients;

/// <summary><c>axvault exec --broker</c> and <c>axvault env</c>: an agent with a key that may use one credential and sees none.</summary>
public sealed class BrokerVerbServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    [Theory]
    [InlineData("claude", "ANTHROPIC_BASE_URL", "", "ANTHROPIC_AUTH_TOKEN")]
    [InlineData("codex", null, "", "AXVAULT_BROKER_KEY")]
    [InlineData("gemini", "GOOGLE_GEMINI_BASE_URL", "", "GEMINI_API_KEY")]
    [InlineData("opencode", null, "", "AXVAULT_BROKER_KEY")]
    [InlineData("qwen", "OPENAI_BASE_URL", "/v1", "OPENAI_API_KEY")]
    [InlineData("copilot", "COPILOT_PROVIDER_BASE_URL", "/v1", "COPILOT_PROVIDER_API_KEY")]
    public async Task A_command_gets_the_settings_of_its_agent(string agent, string? urlVariable, string suffix, string keyVariable)
    {
        var name = $"use.{agent}";
        (await vault.Admin.PutCredentialAsync(name, """{"apiKey":"canary-of-the-broker"}""")).Is(HttpStatusCode.Created);
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);

        var run = await user.RunAsync("exec", "--broker", name, "--agent", agent, "--", "env");

        Assert.True(run.ExitCode == 0 || agent == "codex", run.Errors);
        if (agent == "codex")
        {
            // env takes the arguments of Codex for a command.
            run = await user.RunAsync("env", "--broker", name, "--agent", agent);
            Assert.Contains("'model_provider=\"vault\"'", run.Output, StringComparison.Ordinal);
            return;
        }

        var lines = run.Output.Split('\n');
        if (urlVariable is not null)
        {
            Assert.Contains($"{urlVariable}={new Uri(vault.Server.Address, $"broker/{name}")}{suffix}", lines);
        }

        var key = lines.Single(line => line.StartsWith($"{keyVariable}=axv_sk_", StringComparison.Ordinal)).Split('=')[1];
        Assert.DoesNotContain("canary-of-the-broker", run.Output, StringComparison.Ordinal);
        using var agentClient = vault.Admin.With(key);
        (await agentClient.GetAsync($"credentials/{name}")).IsProblem(HttpStatusCode.Forbidden, "forbidden");
        var self = (await agentClient.GetAsync("keys/self")).Is(HttpStatusCode.OK).Json;
        Assert.Equal($"""["{name}"]""", self.GetProperty("useAccess").GetRawText());
        Assert.InRange(self.GetProperty("expiresAt").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddHours(11), DateTimeOffset.UtcNow.AddHours(13));
    }

    [Fact]
    public async Task A_login_that_may_use_the_credential_itself_hands_its_own_key_on()
    {
        var created = (await vault.Admin.PostAsync("keys", """{"name":"user","useAccess":["own.*"]}""")).Is(HttpStatusCode.Created).Json;
        var secret = created.GetProperty("secret").GetString()!;
        using var user = new ClientProgram(vault.Server, secret);

        var run = await user.RunAsync("env", "--broker", "own.one", "--agent", "claude", "--json");

        Assert.True(run.ExitCode == 0, run.Errors);
        Assert.Contains($"\"ANTHROPIC_AUTH_TOKEN\":\"{secret}\"", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_that_may_not_is_told_what_to_do()
    {
        using var reader = await vault.Admin.WithNewKeyAsync(["*"], ["*"]);
        using var user = new ClientProgram(vault.Server, reader.Secret);

        var run = await user.RunAsync("exec", "--broker", "any.one", "--", "env");

        Assert.Equal(5, run.ExitCode);
        Assert.Contains("axvault keys edit k_", run.Errors, StringComparison.Ordinal);
    }
}
