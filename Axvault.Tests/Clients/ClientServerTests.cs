using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Clients;

/// <summary>The client verbs of the program, against a server.</summary>
public sealed class ClientServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    [Fact]
    public async Task A_login_is_kept_for_the_user_only_and_ends_with_logout()
    {
        using var user = new ClientProgram();
        var key = await vault.Admin.CreateKeyAsync(["claude.*"], name: "a person");

        var login = await user.RunAsync($"{key.Secret}\n", ["login", vault.Server.Address.ToString()]);
        Assert.Equal((0, ""), (login.ExitCode, login.Errors));
        Assert.Contains($"Logged in as a person ({key.Id})", login.Output, StringComparison.Ordinal);
        var file = Path.Combine(user.Home, ".config/axvault/login.json");
        ClientProgram.AssertPrivate(file);

        var known = await user.RunAsync("whoami");
        Assert.Equal((0, ""), (known.ExitCode, known.Errors));
        Assert.Contains($"Key\ta person ({key.Id})", known.Output, StringComparison.Ordinal);
        Assert.Contains("Read\tclaude.*", known.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Secret, known.Output, StringComparison.Ordinal);

        Assert.Equal(0, (await user.RunAsync("logout")).ExitCode);
        Assert.False(File.Exists(file));
        var unknown = await user.RunAsync("whoami");
        Assert.Equal(3, unknown.ExitCode);
        Assert.StartsWith("axvault: No vault is configured.", unknown.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_that_cannot_be_read_is_removed_by_logout()
    {
        using var user = new ClientProgram();
        var file = user.Write(".config/axvault/login.json", "{\"url\":");
        Assert.Equal(3, (await user.RunAsync("whoami")).ExitCode);

        var logout = await user.RunAsync("logout");

        Assert.Equal((0, "Logged out.\n"), (logout.ExitCode, logout.Output));
        Assert.Contains("cannot be read", logout.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
        Assert.Equal("There was no login.\n", (await user.RunAsync("logout")).Output);
    }

    [Fact]
    public async Task A_proxy_of_the_environment_is_not_asked_for_plain_http()
    {
        const string Dead = "http://127.0.0.1:1";
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret)
        {
            Variables = new Dictionary<string, string> { ["HTTP_PROXY"] = Dead, ["http_proxy"] = Dead, ["ALL_PROXY"] = Dead },
        };

        Assert.Equal((0, ""), Told(await user.RunAsync("whoami")));
    }

    [Fact]
    public async Task A_refused_login_is_not_kept()
    {
        using var user = new ClientProgram();

        var login = await user.RunAsync("axv_sk_unknown", ["login", vault.Server.Address.ToString()]);

        Assert.Equal((4, ""), (login.ExitCode, login.Output));
        Assert.False(Directory.Exists(Path.Combine(user.Home, ".config/axvault")));
    }

    [Fact]
    public async Task The_key_is_typed_at_a_terminal_without_an_echo()
    {
        using var user = new ClientProgram();
        var key = await vault.Admin.CreateKeyAsync(["x"]);

        var login = await user.RunOnTerminalAsync($"{key.Secret}\r", "login", vault.Server.Address.ToString());

        Assert.True(login.ExitCode == 0, login.Output);
        Assert.Contains("API key (axv_sk_", login.Output, StringComparison.Ordinal);
        Assert.Contains(key.Id, login.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Secret, login.Output.Split("API key")[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_credential_is_put_read_listed_shown_removed_and_restored()
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);

        string[] put = ["put", "round.trip", "--type", "api-key", "--provider", "openai"];
        Assert.Equal("Stored round.trip (api-key).\n", (await user.RunAsync("sk-first\n", put)).Output);
        Assert.Equal(0, (await user.RunAsync("""{"apiKey":"sk-second"}""", put)).ExitCode);
        Assert.Equal("""{"apiKey":"sk-second"}""", Compact((await user.RunAsync("read", "round.trip")).Output));
        Assert.Equal("sk-second\n", (await user.RunAsync("read", "round.trip", "--field", "apiKey")).Output);
        Assert.Equal("sk-second\n", (await user.RunAsync("token", "round.trip")).Output);
        Assert.Contains("export OPENAI_API_KEY='sk-second'\n", (await user.RunAsync("read", "round.trip", "--output", "env")).Output, StringComparison.Ordinal);
        Assert.Contains("round.trip\tapi-key\t\topenai\t\tok\n", (await user.RunAsync("list")).Output, StringComparison.Ordinal);

        using var shown = JsonDocument.Parse((await user.RunAsync("show", "round.trip", "--json")).Output);
        var version = Assert.Single(shown.RootElement.GetProperty("versions").EnumerateArray().ToList()).GetProperty("version").GetString()!;
        Assert.Equal(0, (await user.RunAsync("restore", "round.trip", "--version", version)).ExitCode);
        Assert.Equal("sk-first\n", (await user.RunAsync("token", "round.trip")).Output);

        Assert.Equal("Deleted round.trip.\n", (await user.RunAsync("rm", "round.trip", "--yes")).Output);
        Assert.Equal(6, (await user.RunAsync("read", "round.trip")).ExitCode);
        Assert.Equal("Restored round.trip.\n", (await user.RunAsync("restore", "round.trip")).Output);
        Assert.Equal("sk-first\n", (await user.RunAsync("token", "round.trip")).Output);
    }

    [Fact]
    public async Task A_file_that_is_read_to_is_for_the_user_only()
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);
        (await vault.Admin.PutCredentialAsync("to.file", """{"apiKey":"sk-file"}""")).Is(HttpStatusCode.Created);

        Assert.Equal((0, ""), Told(await user.RunAsync("read", "to.file", "--file", "out.json")));

        Assert.Equal("""{"apiKey":"sk-file"}""", await File.ReadAllTextAsync(Path.Combine(user.Home, "out.json"), TestContext.Current.CancellationToken));
        ClientProgram.AssertPrivate(Path.Combine(user.Home, "out.json"));
    }

    [Fact]
    public async Task Lists_and_details_never_show_a_value()
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);
        (await vault.Admin.PutCredentialAsync("hidden.value", """{"apiKey":"canary-of-a-list"}""")).Is(HttpStatusCode.Created);

        foreach (var line in (string[])["list", "list --json", "show hidden.value", "show hidden.value --json", "audit", "keys list"])
        {
            var run = await user.RunAsync(line.Split(' '));
            Assert.Equal((0, ""), (run.ExitCode, run.Errors));
            Assert.DoesNotContain("canary-of-a-list", run.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(2, "read")]
    [InlineData(2, "keys", "unknown")]
    [InlineData(2, "put", "x", "--type", "wrong")]
    [InlineData(2, "audit", "--since", "yesterday")]
    [InlineData(2, "fetch", "--agent", "emacs", "x")]
    [InlineData(2, "exec", "x")]
    [InlineData(5, "keys", "list")]
    [InlineData(5, "read", "forbidden.name")]
    [InlineData(6, "read", "absent.name")]
    [InlineData(6, "show", "absent.name")]
    [InlineData(6, "fetch", "--agent", "claude", "absent.name")]
    public async Task A_failure_has_a_code_and_one_line(int code, params string[] arguments)
    {
        using var user = new ClientProgram(vault.Server, (await vault.Admin.CreateKeyAsync(["absent.*", "x"])).Secret);

        var run = await user.RunAsync("sk-1", arguments);

        Assert.True(run.ExitCode == code, $"{run.ExitCode}: {run.Errors}{run.Output}");
        Assert.Equal("", run.Output);
        Assert.StartsWith("axvault: ", Assert.Single(run.Errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conflict_and_an_unreachable_server_have_codes()
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);
        const string Login = """{"access_token":"a-conflict","refresh_token":"r-conflict","expires_in":86400}""";
        Assert.Equal(0, (await user.RunAsync(Login, ["put", "conflict.one", "--type", "oauth-credentials", "--provider", "example"])).ExitCode);
        var conflict = await user.RunAsync(Login, ["put", "conflict.two", "--type", "oauth-credentials", "--provider", "example"]);
        Assert.Equal(8, conflict.ExitCode);
        Assert.Contains("conflict.one", conflict.Errors, StringComparison.Ordinal);

        using var lost = new ClientProgram
        {
            Variables = new Dictionary<string, string> { ["AXVAULT_URL"] = "http://127.0.0.1:1", ["AXVAULT_API_KEY"] = "axv_sk_none" },
        };
        var unreachable = await lost.RunAsync("list");
        Assert.Equal(7, unreachable.ExitCode);
        Assert.StartsWith("axvault: http://127.0.0.1:1 does not answer: Connection refused", unreachable.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_is_made_edited_rotated_and_deleted()
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);

        var secret = (await user.RunAsync("keys", "create", "verbs", "--read", "a.*,b", "--expires", "90d")).Output.Trim();
        using var made = new ClientProgram(vault.Server, secret);
        using var self = JsonDocument.Parse((await made.RunAsync("whoami", "--json")).Output);
        var id = self.RootElement.GetProperty("id").GetString()!;
        Assert.Equal(["a.*", "b"], self.RootElement.GetProperty("readAccess").EnumerateArray().Select(static entry => entry.GetString()));
        Assert.InRange(self.RootElement.GetProperty("expiresAt").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddDays(89), DateTimeOffset.UtcNow.AddDays(91));

        Assert.Equal(0, (await user.RunAsync("keys", "edit", id, "--read", "")).ExitCode);
        Assert.Contains("Read\t–", (await made.RunAsync("whoami")).Output, StringComparison.Ordinal);
        var rotated = (await user.RunAsync("keys", "rotate", id, "--overlap", "0s")).Output.Trim();
        Assert.Equal(4, (await made.RunAsync("whoami")).ExitCode);
        using var fresh = new ClientProgram(vault.Server, rotated);
        Assert.Equal(0, (await fresh.RunAsync("keys", "rm", "self", "--yes")).ExitCode);
        Assert.Equal(4, (await fresh.RunAsync("whoami")).ExitCode);
    }

    [Theory]
    [InlineData("axvault ke", "keys")]
    [InlineData("axvault keys ro", "rotate")]
    [InlineData("axvault exec --e", "--env")]
    public async Task A_shell_completes_commands_and_flags(string line, string completion)
    {
        using var user = new ClientProgram();

        var run = await user.RunAsync($"[suggest:{line.Length}]", line);

        Assert.Equal((0, ""), Told(run));
        Assert.Contains(completion, run.Output.Split('\n', StringSplitOptions.TrimEntries));
        Assert.Contains("[suggest:", (await user.RunAsync("completion", "bash")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminal_gets_a_table_and_a_question()
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);
        (await vault.Admin.PutCredentialAsync("on.a.terminal")).Is(HttpStatusCode.Created);

        var list = await user.RunOnTerminalAsync("", "list");
        Assert.Matches(@"NAME +.*TYPE +.*HEALTH", list.Output);
        Assert.Matches(@"on\.a\.terminal +api-key +ok", list.Output);

        var kept = await user.RunOnTerminalAsync("n\r", "rm", "on.a.terminal");
        Assert.Equal(1, kept.ExitCode);
        (await vault.Admin.GetAsync("credentials/on.a.terminal")).Is(HttpStatusCode.OK);
        var removed = await user.RunOnTerminalAsync("y\r", "rm", "on.a.terminal");
        Assert.True(removed.ExitCode == 0, removed.Output);
        (await vault.Admin.GetAsync("credentials/on.a.terminal")).IsNotFound();
    }

    [Fact]
    public async Task What_needs_attention_is_red_unless_colours_are_off()
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);
        using var plain = new ClientProgram(vault.Server, vault.Admin.Secret)
        {
            Variables = new Dictionary<string, string> { ["NO_COLOR"] = "1" },
        };
        (
            await vault.Admin.PutAsync("credentials/red", """{"type":"oauth-token","data":{"accessToken":"t"},"expiresAt":"2026-01-01T00:00:00Z"}""")
        ).Is(HttpStatusCode.Created);

        Assert.Matches("\u001b\\[[0-9;]+mred", (await user.RunOnTerminalAsync("", "list")).Output);
        var output = (await plain.RunOnTerminalAsync("", "list")).Output;
        Assert.Matches("\nred +oauth-token .* expired", output);
        Assert.DoesNotMatch("\u001b\\[[0-9;]+m", output);
        Assert.DoesNotContain("\u001b", (await user.RunAsync("list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_of_the_vault_cannot_steer_the_terminal()
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);
        var steering = new
        {
            type = "api-key",
            data = new { apiKey = "k" },
            notes = "a\u202eb\nc",
            agent = "[red]x[/]",
        };
        (await vault.Admin.PutAsync("credentials/steering", steering)).Is(HttpStatusCode.Created);

        var shown = await user.RunOnTerminalAsync("", "show", "steering");
        Assert.Contains("a\\u202Eb\\u000Ac", shown.Output, StringComparison.Ordinal);
        Assert.Contains("[red]x[/]", (await user.RunOnTerminalAsync("", "list")).Output, StringComparison.Ordinal);
    }

    private static string Compact(string json)
    {
        using var document = JsonDocument.Parse(json);
        return JsonSerializer.Serialize(document.RootElement);
    }

    private static (int, string) Told(ProgramRun run) => (run.ExitCode, run.Errors);
}
