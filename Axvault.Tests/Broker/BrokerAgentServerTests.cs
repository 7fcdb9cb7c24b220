using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Broker;

/// <summary>The agents' own programs, with a key of the vault and without a credential.</summary>
[Trait("Category", "Long")]
public sealed class BrokerAgentServerTests(AgentFixture agents) : IClassFixture<AgentFixture>
{
    /// <summary>Each agent, with a provider whose key it uses.</summary>
    public static TheoryData<string, string> Agents =>
        new()
        {
            { "claude", "anthropic" },
            { "codex", "openai" },
            { "gemini", "google" },
            { "opencode", "openai" },
            { "qwen", "openai" },
            { "copilot", "openai" },
        };

    [Theory(Explicit = true)]
    [MemberData(nameof(Agents))]
    public async Task An_agent_is_answered_and_sees_no_credential(string agent, string provider)
    {
        var carrier = provider switch
        {
            "anthropic" => "x-api-key: ",
            "google" => "x-goog-api-key: ",
            _ => "authorization: Bearer ",
        };
        var (name, token) = await agents.PutAsync(provider);
        var key = await agents.KeyAsync(name);

        var run = await agents.PromptAsync(agent, name, key.Secret);

        Assert.True(run.ExitCode == 0, $"{run.Output}\n{run.Errors}");
        Assert.Contains(AgentFixture.Answer, run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(token, run.Output + run.Errors, StringComparison.Ordinal);
        Assert.Contains(agents.Provider.Requests, request => request.Method == "POST" && request.Credentials.SequenceEqual([$"{carrier}{token}"]));
        // The key goes to the vault alone, and the credential to the upstream alone.
        Assert.DoesNotContain(agents.Provider.Requests, request => request.Contains(key.Secret));
        Assert.DoesNotContain(
            agents.Provider.Requests,
            request => request.Host != agents.Provider.Address.Authority && request.Contains(token)
        );
        var entries = (await agents.Admin.GetAsync($"audit?credential={name}&action=broker.call")).Json.GetProperty("entries");
        Assert.NotEqual(0, entries.GetArrayLength());
    }

    [Theory(Explicit = true)]
    [MemberData(nameof(Agents))]
    public async Task A_refusal_by_policy_ends_an_agent_with_its_reason(string agent, string provider)
    {
        var (name, _) = await agents.PutAsync(provider);
        var key = await agents.KeyAsync("another.name");

        AssertRefused(await agents.PromptAsync(agent, name, key.Secret), "may not use");
    }

    [Theory(Explicit = true)]
    [MemberData(nameof(Agents))]
    public async Task A_spent_day_ends_an_agent_with_its_reason(string agent, string provider)
    {
        var (name, _) = await agents.PutAsync(provider);
        // Each answer uses two tokens, and OpenCode asks for a title, too.
        var key = await agents.KeyAsync(name, ""","tokensPerDay":3""");
        var runs = new List<ProgramRun>();
        do
        {
            runs.Add(await agents.PromptAsync(agent, name, key.Secret));
        } while (runs.Count < 3 && runs[^1].Output.Contains(AgentFixture.Answer, StringComparison.Ordinal));

        Assert.NotEqual(1, runs.Count);
        AssertRefused(runs[^1], "tokens of the day");
    }

    [Theory(Explicit = true)]
    [MemberData(nameof(Agents))]
    public async Task A_revoked_key_ends_an_agent(string agent, string provider)
    {
        var (name, _) = await agents.PutAsync(provider);
        var key = await agents.KeyAsync(name);
        (await agents.Admin.DeleteAsync($"keys/{key.Id}")).Is(HttpStatusCode.NoContent);

        // Copilot CLI has words of its own for a 401.
        AssertRefused(await agents.PromptAsync(agent, name, key.Secret), agent == "copilot" ? "Authentication failed with provider" : "API key");
    }

    [Fact(Explicit = true)]
    public async Task Codex_falls_back_from_a_refused_websocket()
    {
        var (name, _) = await agents.PutAsync("openai");
        var key = await agents.KeyAsync(name);

        // The upstream answers 426 to the websocket, and the broker hands that on.
        var run = await agents.PromptAsync("codex", name, key.Secret, "-c", "model_providers.vault.supports_websockets=true");

        Assert.True(run.ExitCode == 0, $"{run.Output}\n{run.Errors}");
        Assert.Contains(AgentFixture.Answer, run.Output, StringComparison.Ordinal);
        var calls = (await agents.Admin.GetAsync($"audit?credential={name}&action=broker.call")).Json.GetProperty("entries").EnumerateArray();
        Assert.Contains(calls, static entry => entry.GetProperty("reason").GetString()!.StartsWith("WEBSOCKET /v1/responses", StringComparison.Ordinal));
    }

    private static void AssertRefused(ProgramRun run, string reason)
    {
        Assert.DoesNotContain(AgentFixture.Answer, run.Output, StringComparison.Ordinal);
        Assert.Contains(reason, run.Output + run.Errors, StringComparison.Ordinal);
    }
}
