using System.Globalization;
using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Clients;

/// <summary><c>axvault exec</c>: a command with credentials in its environment, and nowhere else.</summary>
public sealed class ExecServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    [Theory]
    [InlineData("claude", "anthropic", "api-key", """{"apiKey":"canary-a"}""", "ANTHROPIC_API_KEY=canary-a")]
    [InlineData("claude", "anthropic", "oauth-token", """{"accessToken":"canary-b"}""", "CLAUDE_CODE_OAUTH_TOKEN=canary-b")]
    [InlineData(null, "anthropic", "oauth-token", """{"accessToken":"canary-c"}""", "ANTHROPIC_AUTH_TOKEN=canary-c")]
    [InlineData("codex", null, "api-key", """{"apiKey":"canary-d"}""", "CODEX_API_KEY=canary-d")]
    [InlineData("gemini", null, "api-key", """{"apiKey":"canary-e"}""", "GEMINI_API_KEY=canary-e")]
    public async Task A_command_gets_the_variable_that_its_agent_expects(string? agent, string? provider, string type, string data, string variable)
    {
        var name = $"exec.{type}.{agent}.{data.Length}{data[^3]}";
        var body = $$"""{"type":"{{type}}","data":{{data}}{{Member("agent", agent)}}{{Member("provider", provider)}}}""";
        (await vault.Admin.PutAsync($"credentials/{name}", body)).Is(HttpStatusCode.Created);
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);

        var run = await user.RunAsync("exec", name, "--", "env");

        Assert.True(run.ExitCode == 0, run.Errors);
        Assert.Contains(variable, run.Output.Split('\n'));
        Assert.DoesNotContain("AXVAULT_API_KEY", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(vault.Admin.Secret!, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_is_in_no_argument_list_and_no_file()
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);
        (await vault.Admin.PutCredentialAsync("exec.hidden", """{"apiKey":"canary-of-exec"}""")).Is(HttpStatusCode.Created);

        const string Script = "cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\\0' ' '; test -n \"$TOKEN\"";
        var run = await user.RunAsync("exec", "--env", "TOKEN=exec.hidden", "--", "sh", "-c", Script);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Contains("/proc/[0-9]*/cmdline", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("canary-of-exec", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(
            Directory.EnumerateFiles(user.Home, "*", SearchOption.AllDirectories),
            static file => File.ReadAllText(file).Contains("canary-of-exec", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_member_of_the_data_can_be_named()
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);
        (await vault.Admin.PutCredentialAsync("exec.member", """{"apiKey":"k","account":{"id":"acc-1"}}""")).Is(HttpStatusCode.Created);

        var run = await user.RunAsync("exec", "--env", "ACCOUNT=exec.member.account.id", "--env", "KEY=exec.member", "--", "sh", "-c", "echo $ACCOUNT $KEY");

        Assert.Equal((0, "acc-1 k\n"), (run.ExitCode, run.Output));
    }

    [Fact]
    public async Task Exit_code_input_and_flags_are_those_of_the_command()
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);
        (await vault.Admin.PutCredentialAsync("exec.code")).Is(HttpStatusCode.Created);

        var run = await user.RunAsync("a line", ["exec", "--env", "K=exec.code", "--", "sh", "-c", "cat; exit 7", "--json"]);
        Assert.Equal((7, "a line"), (run.ExitCode, run.Output));

        var absent = await user.RunAsync("exec", "--env", "K=exec.code", "--", "no-such-program");
        Assert.Equal(127, absent.ExitCode);
        Assert.StartsWith("axvault: no-such-program cannot be started: ", absent.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signal_reaches_the_command()
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);
        (await vault.Admin.PutCredentialAsync("exec.signal")).Is(HttpStatusCode.Created);
        const string Script = "trap 'echo told; exit 3' TERM; echo ready; while :; do sleep 0.1; done";
        using var process = user.Start("exec", "--env", "K=exec.signal", "--", "sh", "-c", Script);

        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        var name = string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Id}/comm");
        Assert.Contains("sh", await File.ReadAllTextAsync(name, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Signal.Send(process.Id, Signal.Terminate);

        Assert.Equal("told", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(3, process.ExitCode);
    }

    [Fact]
    public async Task A_broken_pipe_ends_the_command()
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);
        (await vault.Admin.PutCredentialAsync("exec.pipe")).Is(HttpStatusCode.Created);

        // With the signal ignored, yes would report an error instead.
        var run = await user.RunAsync("exec", "--env", "K=exec.pipe", "--", "sh", "-c", "yes | head -1");

        Assert.Equal((0, "y\n", ""), (run.ExitCode, run.Output, run.Errors));
    }

    private static string Member(string name, string? value) => value is null ? "" : $",\"{name}\":\"{value}\"";
}
