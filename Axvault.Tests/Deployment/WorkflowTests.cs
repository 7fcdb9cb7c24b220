using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Deployment;

/// <summary>deploy/github-actions/axvault.yml: the tests run its steps against a server, as a GitHub runner does.</summary>
public sealed class WorkflowTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private static readonly JsonNode Job = DeploymentFile.ReadOne("deploy/github-actions/axvault.yml")["jobs"]!["agent"]!;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_Claude_Code_token_reaches_the_following_steps_and_no_log(bool oneSecret)
    {
        using var runner = new Runner();
        var name = Name();
        await PutAsync(name, """{"type":"oauth-token","agent":"claude","data":{"accessToken":"sk-ant-oat-for-a-workflow"}}""");
        var key = await vault.Admin.CreateKeyAsync(read: [name]);

        var fetched = await runner.RunAsync("Fetch a credential", Settings(name, key.Secret, oneSecret));
        var loggedIn = await runner.RunAsync("Log Claude Code in");

        Assert.Equal((0, ""), (fetched.ExitCode, fetched.Errors));
        Assert.Equal([$"::add-mask::{key.Secret}", "::add-mask::sk-ant-oat-for-a-workflow"], fetched.Lines);
        Assert.Equal((0, "", 0), (loggedIn.ExitCode, loggedIn.Errors, loggedIn.Lines.Count));
        Assert.Equal("CLAUDE_CODE_OAUTH_TOKEN=sk-ant-oat-for-a-workflow\n", runner.Variables);
        Assert.Empty(Directory.EnumerateFileSystemEntries(runner.Temporary));
    }

    [Theory]
    [InlineData("""{"accessToken":"at-workflow-1","refreshToken":"rt-workflow-1","expiresAt":4102444800000,"scopes":["user:inference"]}""", "rt-workflow-1")]
    [InlineData(
        """{"claudeAiOauth":{"accessToken":"at-workflow-1","refreshToken":"rt-workflow-3","expiresAt":4102444800000,"scopes":["user:inference"]}}""",
        "rt-workflow-3"
    )]
    public async Task Claude_Code_credentials_become_a_private_file_without_the_refresh_token(string data, string refreshToken)
    {
        using var runner = new Runner();
        var name = Name();
        await PutAsync(name, $$"""{"type":"oauth-credentials","agent":"claude","data":{{data}}}""");

        var fetched = await runner.RunAsync("Fetch a credential", Settings(name, vault.Admin.Secret!));
        var loggedIn = await runner.RunAsync("Log Claude Code in");

        Assert.Equal((0, 0), (fetched.ExitCode, loggedIn.ExitCode));
        Assert.Contains($"::add-mask::{refreshToken}", fetched.Lines);
        var file = Path.Combine(runner.Home, ".claude", ".credentials.json");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(file));
        Assert.True(
            JsonNode.DeepEquals(
                JsonNode.Parse("""{"claudeAiOauth":{"accessToken":"at-workflow-1","expiresAt":4102444800000,"scopes":["user:inference"]}}"""),
                JsonNode.Parse(File.ReadAllText(file))
            )
        );
    }

    [Fact]
    public async Task Codex_credentials_become_a_private_file_without_the_refresh_token()
    {
        using var runner = new Runner();
        var name = Name();
        await PutAsync(
            name,
            """{"type":"oauth-credentials","agent":"codex","expiresAt":"2099-01-01T00:00:00.000Z","data":{"auth_mode":"chatgpt","tokens":"""
                + """{"id_token":"id-workflow","access_token":"at-workflow-2","refresh_token":"rt-workflow-2","account_id":"a"}"""
                + ""","last_refresh":"2026-01-01T00:00:00Z"}}"""
        );

        var fetched = await runner.RunAsync("Fetch a credential", Settings(name, vault.Admin.Secret!));
        var loggedIn = await runner.RunAsync("Log Codex in");

        Assert.Equal((0, 0), (fetched.ExitCode, loggedIn.ExitCode));
        var file = Path.Combine(runner.Home, ".codex", "auth.json");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(file));
        var tokens = JsonNode.Parse(File.ReadAllText(file))!["tokens"]!;
        Assert.Equal(("at-workflow-2", "", "a"), ((string?)tokens["access_token"], (string?)tokens["refresh_token"], (string?)tokens["account_id"]));
    }

    [Theory]
    [InlineData("Log Claude Code in", "ANTHROPIC_API_KEY")]
    [InlineData("Log Codex in", "OPENAI_API_KEY")]
    public async Task An_API_key_becomes_the_variable_of_the_agent(string step, string variable)
    {
        using var runner = new Runner();
        var name = Name();
        await PutAsync(name, """{"type":"api-key","data":{"apiKey":"sk-of-a-workflow"}}""");

        await runner.RunAsync("Fetch a credential", Settings(name, vault.Admin.Secret!));
        Assert.Equal(0, (await runner.RunAsync(step)).ExitCode);

        Assert.Equal($"{variable}=sk-of-a-workflow\n", runner.Variables);
    }

    [Theory]
    [InlineData("oauth-token", "accessToken", "Log Claude Code in", "sk-token\\nBASH_ENV=/tmp/evil")]
    [InlineData("api-key", "apiKey", "Log Claude Code in", "sk-token\\rBASH_ENV=/tmp/evil")]
    [InlineData("api-key", "apiKey", "Log Codex in", "sk-token\\r\\nBASH_ENV=/tmp/evil")]
    [InlineData("api-key", "apiKey", "Log Codex in", "sk-token\\n")]
    [InlineData("api-key", "apiKey", "Log Codex in", "sk-token\\u2028BASH_ENV=/tmp/evil")]
    [InlineData("api-key", "apiKey", "Log Codex in", "")]
    public async Task A_token_with_a_line_break_sets_no_variable_and_stays_masked(string type, string field, string step, string token)
    {
        using var runner = new Runner();
        var name = Name();
        await PutAsync(name, $$$"""{"type":"{{{type}}}","data":{"{{{field}}}":"{{{token}}}"}}""");

        var fetched = await runner.RunAsync("Fetch a credential", Settings(name, vault.Admin.Secret!));
        var run = await runner.RunAsync(step);

        Assert.Equal((0, ""), (fetched.ExitCode, fetched.Errors));
        Assert.All(fetched.Lines, static line => Assert.StartsWith("::add-mask::", line, StringComparison.Ordinal));
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("::error title=Axvault::", Assert.Single(run.Lines), StringComparison.Ordinal);
        Assert.Equal("", runner.Variables);
        Assert.Empty(Directory.EnumerateFileSystemEntries(runner.Temporary));
    }

    [Fact]
    public async Task Masks_are_escaped_so_that_a_value_is_one_command()
    {
        using var runner = new Runner();
        var name = Name();
        await PutAsync(name, """{"type":"api-key","data":{"apiKey":"100%-of-it\nsecond-line\r\n::stop-commands::x"}}""");

        var fetched = await runner.RunAsync("Fetch a credential", Settings(name, vault.Admin.Secret!));

        Assert.Equal(
            [
                "::add-mask::100%25-of-it%0Asecond-line%0D%0A::stop-commands::x",
                "::add-mask::100%25-of-it",
                "::add-mask::second-line",
                "::add-mask::::stop-commands::x",
            ],
            fetched.Lines.Skip(1)
        );
    }

    [Theory]
    [InlineData("axv_sk_a\nurl = \"http://127.0.0.1:1\"")]
    [InlineData("axv_sk_a\"")]
    [InlineData("axv_sk_a\rb")]
    public async Task An_API_key_with_a_line_break_or_a_quote_is_refused(string secret)
    {
        using var runner = new Runner();

        var run = await runner.RunAsync("Fetch a credential", Settings("a", secret));

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("::error title=Axvault::not-configured: ", run.Lines[^1], StringComparison.Ordinal);
        Assert.Equal(2, run.Lines.Count);
        Assert.Empty(Directory.EnumerateFileSystemEntries(runner.Temporary));
    }

    [Fact]
    public async Task A_failed_fetch_fails_the_step_and_says_why()
    {
        using var runner = new Runner();
        var name = Name();
        await PutAsync(name, """{"type":"api-key","data":{"apiKey":"sk-not-for-all"}}""");
        var stranger = await vault.Admin.CreateKeyAsync(read: ["something-else"]);

        await RefusedAsync(Settings(name, "axv_sk_mistyped"), "unauthorized: the API key is unknown, deleted or mistyped");
        await RefusedAsync(Settings(name, stranger.Secret), $"forbidden: the API key may not read {name}");
        await RefusedAsync(Settings($"{name}-missing", vault.Admin.Secret!), $"not-found: there is no credential {name}-missing");
        await RefusedAsync([("CREDENTIAL", name)], "not-configured: set the secret AXVAULT, or AXVAULT_URL and AXVAULT_API_KEY");
        await RefusedAsync([("CREDENTIAL", name), ("AXVAULT", "axv_sk_alone")], "not-configured: the secret AXVAULT is not JSON with url and apiKey");
        await RefusedAsync(
            [("CREDENTIAL", name), ("AXVAULT", """{"url":"http://127.0.0.1:1"}""")],
            "not-configured: the secret AXVAULT is not JSON with url and apiKey"
        );

        async Task RefusedAsync((string Name, string Value)[] settings, string reason)
        {
            var run = await runner.RunAsync("Fetch a credential", settings);
            Assert.Equal(1, run.ExitCode);
            Assert.Equal($"::error title=Axvault::{reason}", run.Lines[^1]);
            Assert.All(run.Lines.Where(static line => line.Contains("axv_sk_", StringComparison.Ordinal)), static line =>
                Assert.StartsWith("::add-mask::", line, StringComparison.Ordinal)
            );
        }
    }

    [Fact]
    public async Task An_unreachable_server_fails_the_step()
    {
        using var runner = new Runner();

        var run = await runner.RunAsync(
            "Fetch a credential",
            ("CREDENTIAL", "a"),
            ("AXVAULT_URL", $"http://127.0.0.1:{FreePort.Next()}"),
            ("AXVAULT_API_KEY", "axv_sk_nobody")
        );

        Assert.Equal(1, run.ExitCode);
        Assert.Matches("^::error title=Axvault::unreachable: http://127.0.0.1:[0-9]+ does not answer$", run.Lines[^1]);
    }

    [Fact]
    public void No_command_holds_a_secret_and_the_token_of_the_job_may_only_read()
    {
        Assert.All(Job["steps"]!.AsArray(), static step => Assert.DoesNotContain("${{", (string?)step!["run"], StringComparison.Ordinal));
        Assert.Equal("read", (string?)DeploymentFile.ReadOne("deploy/github-actions/axvault.yml")["permissions"]!["contents"]);
    }

    private (string Name, string Value)[] Settings(string credential, string secret, bool oneSecret = false)
    {
        var address = vault.Server.Address.GetLeftPart(UriPartial.Authority);
        return oneSecret
            ?
            [
                ("CREDENTIAL", credential),
                ("AXVAULT", JsonSerializer.Serialize(new { url = $"{address}/", apiKey = secret })),
                ("AXVAULT_URL", ""),
                ("AXVAULT_API_KEY", ""),
            ]
            : [("CREDENTIAL", credential), ("AXVAULT", ""), ("AXVAULT_URL", address), ("AXVAULT_API_KEY", secret)];
    }

    private async Task PutAsync(string name, string json) => (await vault.Admin.PutAsync($"credentials/{name}", json)).Is(System.Net.HttpStatusCode.Created);

    private static UnixFileMode ModeOf(string file) => OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(file);

    private static string Name() => $"workflow-{Guid.NewGuid():N}";

    /// <summary>The environment that a GitHub runner gives to a step: a home, a temporary folder, a file for variables and bash.</summary>
    private sealed class Runner : IDisposable
    {
        private readonly TestFolder _folder = new();

        public Runner()
        {
            Directory.CreateDirectory(Home);
            Directory.CreateDirectory(Temporary);
            File.WriteAllText(VariablesFile, "");
        }

        public string Home => Path.Combine(_folder.Path, "home");

        public string Temporary => Path.Combine(_folder.Path, "temp");

        public string Variables => File.ReadAllText(VariablesFile);

        private string VariablesFile => Path.Combine(_folder.Path, "env");

        // A real runner masks the secrets in this output. So the output is not part of the search for leaks.
        public async Task<(int ExitCode, IReadOnlyList<string> Lines, string Errors)> RunAsync(string step, params (string Name, string Value)[] variables)
        {
            var script = Path.Combine(_folder.Path, "step.sh");
            File.WriteAllText(script, (string)Job["steps"]!.AsArray().Single(candidate => (string?)candidate!["name"] == step)!["run"]!);
            var start = VaultServer.Clean(
                new ProcessStartInfo("bash", ["--noprofile", "--norc", "-e", "-o", "pipefail", script]) { WorkingDirectory = _folder.Path }
            );
            start.Environment["HOME"] = Home;
            start.Environment["RUNNER_TEMP"] = Temporary;
            start.Environment["GITHUB_ENV"] = VariablesFile;
            foreach (var (name, value) in variables)
            {
                start.Environment[name] = value;
            }

            using var process = Process.Start(start)!;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(Until.Limit);
            try
            {
                var output = process.StandardOutput.ReadToEndAsync(limit.Token);
                var errors = process.StandardError.ReadToEndAsync(limit.Token);
                await process.WaitForExitAsync(limit.Token);
                return (process.ExitCode, (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries), await errors);
            }
            finally
            {
                process.Kill(entireProcessTree: true);
            }
        }

        public void Dispose() => _folder.Dispose();
    }
}
