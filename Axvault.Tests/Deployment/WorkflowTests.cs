using System.Text.Json;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Deployment;

/// <summary>deploy/github-actions with a stored key: the tests run the action against a server, as a GitHub runner does.</summary>
public sealed class WorkflowTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_Claude_Code_token_reaches_the_following_steps_and_no_log(bool oneSecret)
    {
        using var runner = new CiRunner();
        var name = await PutAsync("""{"type":"oauth-token","agent":"claude","data":{"accessToken":"sk-ant-oat-for-a-workflow"}}""");
        var key = await vault.Admin.CreateKeyAsync(read: [name]);

        var run = await runner.RunActionAsync(Login($"claude {name}"), Settings(key.Secret, oneSecret));

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Equal([$"::add-mask::{key.Secret}", "::add-mask::sk-ant-oat-for-a-workflow"], run.Lines);
        Assert.Equal("CLAUDE_CODE_OAUTH_TOKEN=sk-ant-oat-for-a-workflow\n", runner.Variables);
        Assert.Empty(Directory.EnumerateFileSystemEntries(runner.Temporary));
        Assert.Empty(Directory.EnumerateFileSystemEntries(runner.Home));
    }

    [Fact]
    public async Task A_stored_key_is_neither_exported_nor_ended()
    {
        using var runner = new CiRunner();
        var name = await PutAsync("""{"type":"api-key","data":{"apiKey":"sk-of-a-workflow"}}""");
        var key = await vault.Admin.CreateKeyAsync(read: [name]);

        await runner.RunActionAsync(Login($"claude {name}"), Settings(key.Secret));
        var post = await runner.RunPostAsync();

        Assert.Equal((0, 0, ""), (post.ExitCode, post.Lines.Count, post.Errors));
        Assert.Equal("ANTHROPIC_API_KEY=sk-of-a-workflow\n", runner.Variables);
        using var client = vault.Server.Client(key.Secret);
        (await client.GetAsync($"credentials/{name}")).Is(System.Net.HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("oauth-token", "accessToken", "claude", "sk-token\\nBASH_ENV=/tmp/evil")]
    [InlineData("api-key", "apiKey", "claude", "sk-token\\rBASH_ENV=/tmp/evil")]
    [InlineData("api-key", "apiKey", "gemini", "sk-token\\r\\nBASH_ENV=/tmp/evil")]
    [InlineData("api-key", "apiKey", "codex", "sk-token\\n")]
    [InlineData("api-key", "apiKey", "qwen", "sk-token\\u2028BASH_ENV=/tmp/evil")]
    [InlineData("api-key", "apiKey", "qwen", "")]
    public async Task A_token_with_a_line_break_reaches_no_variable_and_no_file(string type, string field, string agent, string token)
    {
        using var runner = new CiRunner();
        var name = await PutAsync($$$"""{"type":"{{{type}}}","data":{"{{{field}}}":"{{{token}}}"}}""");

        var run = await runner.RunActionAsync(Login($"{agent} {name}"), Settings(vault.Admin.Secret!));

        Assert.Equal((1, 2), (run.ExitCode, run.Lines.Count));
        Assert.StartsWith($"::error title=Axvault::{name} has ", run.Lines[1], StringComparison.Ordinal);
        Assert.DoesNotContain("sk-token", runner.Everything, StringComparison.Ordinal);
        Assert.Equal("", runner.Variables);
        Assert.Empty(Directory.EnumerateFileSystemEntries(runner.Home));
    }

    [Fact]
    public async Task Masks_and_errors_are_escaped_so_that_each_is_one_command()
    {
        using var runner = new CiRunner();
        var name = await PutAsync("""{"type":"api-key","data":{"apiKey":"100%0A::stop-commands::x"}}""");

        var run = await runner.RunActionAsync(Login($"claude {name}"), Settings(vault.Admin.Secret!));
        var refused = await runner.RunActionAsync(Login($"claude 50%0A::stop-commands::x"), Settings(vault.Admin.Secret!));

        Assert.Equal("::add-mask::100%250A::stop-commands::x", run.Lines[^1]);
        Assert.EndsWith("got \"claude 50%250A::stop-commands::x\"", refused.Lines[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("axv_sk_a\nurl = \"http://127.0.0.1:1\"")]
    [InlineData("axv_sk_a\"")]
    [InlineData("axv_sk_a\rb")]
    public async Task An_API_key_with_a_line_break_or_a_quote_is_refused(string secret)
    {
        using var runner = new CiRunner();

        var run = await runner.RunActionAsync(Login("claude a"), Settings(secret));

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("::error title=Axvault::not-configured: ", Assert.Single(run.Lines), StringComparison.Ordinal);
        Assert.DoesNotContain("curl --", runner.Commands, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_read_fails_the_step_and_says_why()
    {
        using var runner = new CiRunner();
        var name = await PutAsync("""{"type":"api-key","data":{"apiKey":"sk-not-for-all"}}""");
        var stranger = await vault.Admin.CreateKeyAsync(read: ["something-else"]);

        await RefusedAsync($"claude {name}", Settings("axv_sk_mistyped"), "unauthorized: the API key is unknown, deleted or mistyped");
        await RefusedAsync($"claude {name}", Settings(stranger.Secret), $"forbidden: the API key may not read {name}");
        await RefusedAsync($"claude {name}-x", Settings(vault.Admin.Secret!), $"not-found: there is no credential {name}-x");
        await RefusedAsync("claude", Settings(vault.Admin.Secret!), "not-configured: expected an agent and the name of a credential, got \"claude \"");
        await RefusedAsync($"claude {name}", [("AXVAULT", "axv_sk_alone")], "not-configured: AXVAULT is not JSON with url and apiKey");
        await RefusedAsync($"claude {name}", [("AXVAULT", """{"url":"http://127.0.0.1:1"}""")], "not-configured: AXVAULT is not JSON with url and apiKey");
        await RefusedAsync(
            $"claude {name}",
            [("AXVAULT_URL", "file:///etc/passwd"), ("AXVAULT_API_KEY", "axv_sk_any")],
            "not-configured: the URL begins with neither https:// nor http://"
        );
        await RefusedAsync("", Settings(vault.Admin.Secret!), "not-configured: there is neither a rule nor an agent to log in");
        await RefusedAsync(
            $"claude {name}",
            [],
            "not-configured: set the URL and the rule, or the secret AXVAULT, or AXVAULT_URL and AXVAULT_API_KEY"
        );

        async Task RefusedAsync(string login, (string Name, string Value)[] settings, string reason)
        {
            var run = await runner.RunActionAsync(Login(login), settings);
            Assert.Equal(1, run.ExitCode);
            Assert.Equal($"::error title=Axvault::{reason}", run.Lines[^1]);
            Assert.All(
                run.Lines.Where(static line => line.Contains("axv_sk_", StringComparison.Ordinal)),
                static line => Assert.StartsWith("::add-mask::", line, StringComparison.Ordinal)
            );
        }
    }

    [Fact]
    public async Task An_unreachable_server_is_tried_four_times_and_fails_the_step()
    {
        using var runner = new CiRunner();

        var run = await runner.RunActionAsync(
            Login("claude a"),
            ("AXVAULT_URL", $"http://127.0.0.1:{FreePort.Next()}"),
            ("AXVAULT_API_KEY", "axv_sk_nobody")
        );

        Assert.Equal(1, run.ExitCode);
        Assert.Matches("^::error title=Axvault::unreachable: http://127.0.0.1:[0-9]+ does not answer$", run.Lines[^1]);
        Assert.Equal(4, runner.Commands.Split('\n').Count(static line => line.StartsWith("curl ", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_example_gives_its_jobs_no_more_than_they_need()
    {
        var workflow = DeploymentFile.ReadOne("deploy/github-actions/example.yml");
        var inputs = DeploymentFile.ReadOne("deploy/github-actions/action.yml")["inputs"]!.AsObject();

        Assert.Empty(workflow["permissions"]!.AsObject());
        Assert.All(workflow["jobs"]!.AsObject(), job => AssertJob(job.Value!));

        void AssertJob(JsonNode job)
        {
            var steps = job["steps"]!.AsArray();
            var with = steps.Single(static step => step!["uses"] is not null)!["with"]!.AsObject();
            Assert.All(with, input => Assert.True(inputs.ContainsKey(input.Key), input.Key));
            Assert.Equal(with.ContainsKey("rule") ? "write" : null, (string?)job["permissions"]!["id-token"]);
            Assert.Equal("read", (string?)job["permissions"]!["contents"]);
            Assert.All(steps, static step => Assert.DoesNotContain("${{", (string?)step!["run"] ?? "", StringComparison.Ordinal));
        }
    }

    private static Dictionary<string, string> Login(string lines) => new() { ["login"] = lines };

    private (string Name, string Value)[] Settings(string secret, bool oneSecret = false)
    {
        var address = vault.Server.Address.GetLeftPart(UriPartial.Authority);
        return oneSecret
            ? [("AXVAULT", JsonSerializer.Serialize(new { url = $"{address}/", apiKey = secret })), ("AXVAULT_URL", ""), ("AXVAULT_API_KEY", "")]
            : [("AXVAULT", ""), ("AXVAULT_URL", address), ("AXVAULT_API_KEY", secret)];
    }

    private async Task<string> PutAsync(string json)
    {
        var name = $"workflow-{Guid.NewGuid():N}";
        (await vault.Admin.PutAsync($"credentials/{name}", json)).Is(System.Net.HttpStatusCode.Created);
        return name;
    }
}
