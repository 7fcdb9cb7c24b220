using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Deployment;

/// <summary>deploy/github-actions without a stored secret: the tests run the action as a GitHub runner does.</summary>
public sealed class WorkloadIdentityJobTests(VaultFixture vault) : IdentityJobTest(vault)
{
    [Fact]
    public async Task A_job_gets_a_key_by_its_identity_that_ends_with_the_job()
    {
        var name = await PutTokenAsync();
        var rule = await PutRuleAsync(name);

        var run = await Runner.RunActionAsync(Inputs("client", rule), Identity.Variables);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        var key = IssuedKey(run);
        var token = Assert.Single(Identity.Secrets, static secret => secret.Contains('.', StringComparison.Ordinal));
        Assert.Equal([$"::add-mask::{token}", $"::add-mask::{key}"], run.Lines);
        Assert.Equal(
            $"AXVAULT={JsonSerializer.Serialize(new { url = Url, apiKey = key })}\nAXVAULT_URL={Url}\nAXVAULT_API_KEY={key}\n",
            Runner.Variables
        );
        Assert.Single(await KeysAsync(rule));
        await AnswersAsync(key, name, HttpStatusCode.OK);

        var post = await Runner.RunPostAsync();

        Assert.Equal((0, 0, ""), (post.ExitCode, post.Lines.Count, post.Errors));
        await HasEndedAsync(rule, "credential.read");
        await AnswersAsync(key, name, HttpStatusCode.Unauthorized);
        AssertNoSecretInCommands();
    }

    [Fact]
    public async Task A_job_with_agents_gets_their_tokens_and_its_key_ends_at_once()
    {
        var name = await PutTokenAsync();
        var rule = await PutRuleAsync(name);

        var run = await Runner.RunActionAsync(Inputs("agent", rule, $"claude {name}"), Identity.Variables);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Equal("CLAUDE_CODE_OAUTH_TOKEN=sk-ant-oat-of-a-job\n", Runner.Variables);
        await HasEndedAsync(rule, "credential.read");
        Assert.DoesNotContain("key", Runner.State);
        Assert.Equal((0, 0), ((await Runner.RunPostAsync()).ExitCode, (await Runner.RunPostAsync()).Lines.Count));
        AssertNoSecretInCommands();
    }

    [Fact]
    public async Task A_job_with_agents_keeps_its_key_only_when_told_so()
    {
        var name = await PutTokenAsync();
        var rule = await PutRuleAsync(name);
        var inputs = Inputs("agent", rule, $"claude {name}");
        inputs["keep-key"] = "true";

        var run = await Runner.RunActionAsync(inputs, Identity.Variables);

        Assert.Contains($"AXVAULT_API_KEY={IssuedKey(run)}\n", Runner.Variables, StringComparison.Ordinal);
        Assert.Single(await KeysAsync(rule));
        await Runner.RunPostAsync();
        await HasEndedAsync(rule, "credential.read");
    }

    [Fact]
    public async Task A_step_that_fails_after_the_exchange_ends_its_key()
    {
        var rule = await PutRuleAsync(await PutTokenAsync());

        var run = await Runner.RunActionAsync(Inputs("agent", rule, "claude something-else"), Identity.Variables);

        Assert.Equal((1, "::error title=Axvault::forbidden: the API key may not read something-else"), (run.ExitCode, run.Lines[^1]));
        await HasEndedAsync(rule, "credential.read");
        Assert.Equal("", Runner.Variables);
    }

    [Fact]
    public async Task A_step_that_is_killed_leaves_a_key_that_ends_with_the_job()
    {
        await using var held = await HeldVault.StartAsync(Vault);
        var name = await PutTokenAsync();
        var rule = await PutRuleAsync(name, held.Url);
        var gate = new TaskCompletionSource();
        held.Gate = gate.Task;
        var step = Runner.RunActionAsync(Inputs("agent", rule, $"claude {name}", held.Url), Identity.Variables);
        await Until.HoldsAsync(() => held.Reads == 1, "the step reads the credential");

        Runner.Kill();
        Assert.NotEqual(0, (await step).ExitCode);

        Assert.Single(await KeysAsync(rule));
        Assert.Equal(0, (await Runner.RunPostAsync()).ExitCode);
        await HasEndedAsync(rule);
        gate.SetResult();
    }

    [Fact]
    public async Task A_job_without_an_accepted_identity_gets_no_key_and_says_why()
    {
        var rule = await PutRuleAsync(await PutTokenAsync());
        var other = Inputs("agent", rule);
        other["audience"] = "https://elsewhere.example.com";

        await RefusedAsync(
            Inputs("agent", rule),
            [],
            "not-configured: the job has no identity token. Give it \"permissions: id-token: write\". Pull requests of forks get none"
        );
        await RefusedAsync(
            Inputs("agent", "no-rule"),
            Identity.Variables,
            "denied: the rule no-rule does not take the identity token of the job. The audit log of the vault has the reason"
        );
        await RefusedAsync(
            other,
            Identity.Variables,
            $"denied: the rule {rule} does not take the identity token of the job. The audit log of the vault has the reason"
        );
        await RefusedAsync(
            Inputs("agent", rule),
            [Identity.Variables[0], ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "mistyped")],
            "unreachable: GitHub answers 401 to the request for the identity token of the job"
        );
        Assert.Empty(await KeysAsync(rule));
        Assert.Equal("", Runner.Variables);

        async Task RefusedAsync(Dictionary<string, string> inputs, (string, string)[] variables, string reason)
        {
            var run = await Runner.RunActionAsync(inputs, variables);
            Assert.Equal((1, $"::error title=Axvault::{reason}"), (run.ExitCode, run.Lines[^1]));
        }
    }

    [Fact]
    public async Task An_exchange_is_repeated_after_a_refusal_that_passes()
    {
        await using var held = await HeldVault.StartAsync(Vault);
        held.RefuseOnce(503);
        held.RefuseOnce(429);

        var run = await Runner.RunActionAsync(Inputs("client", await PutRuleAsync("a", held.Url), url: held.Url), Identity.Variables);

        Assert.Equal((0, 3), (run.ExitCode, held.Exchanges));
    }

    private static string IssuedKey(StepRun run) =>
        Assert.Single(run.Lines, static line => line.StartsWith("::add-mask::axv_sk_", StringComparison.Ordinal))["::add-mask::".Length..];

    // The step of the job in example.yml, with the vault, the rule and the credential of this test.
    private Dictionary<string, string> Inputs(string job, string rule, string? login = null, string? url = null)
    {
        var inputs = DeploymentFile.ReadOne("deploy/github-actions/example.yml")["jobs"]![job]!["steps"]![0]!["with"]!
            .AsObject()
            .ToDictionary(static input => input.Key, static input => (string)input.Value!);
        inputs["url"] = url ?? Url;
        inputs["rule"] = rule;
        if (login is not null)
        {
            inputs["login"] = login;
        }

        return inputs;
    }
}
