using Axvault.Api.Startup;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.CommandLine;

/// <summary>The output and the exit code of the program for its command lines.</summary>
public sealed class CommandLineServerTests
{
    [Theory]
    [InlineData("--bogus", "--bogus")]
    [InlineData("extra", "serve")]
    [InlineData("--log-level", "--log-level")]
    [InlineData("--log-level=loud", "AXVAULT_LOG_LEVEL")]
    [InlineData("--host=nowhere", "AXVAULT_HOST")]
    [InlineData("--database-url=http://x/y", "AXVAULT_DATABASE_URL")]
    [InlineData("--database-wait=-1", "AXVAULT_DATABASE_WAIT")]
    [InlineData("--refresh-threshold=soon", "AXVAULT_REFRESH_THRESHOLD")]
    [InlineData("--refresh-timeout=0", "AXVAULT_REFRESH_TIMEOUT_MS")]
    public async Task A_wrong_flag_ends_with_exit_code_2_and_one_line_that_names_the_setting(string flag, string named)
    {
        await using var server = await VaultServer.RunToEndAsync(new ServerSettings("postgresql://127.0.0.1:1/x") { Flags = [flag] });

        Assert.Equal(2, await server.WaitForExitAsync());
        Assert.Contains(named, Assert.Single(server.Errors), StringComparison.Ordinal);
        Assert.Empty(server.Output);
    }

    [Theory]
    [InlineData("--host=")]
    [InlineData("--host=", "--log-level", "info")]
    [InlineData("--host", "--log-level", "info")]
    [InlineData("--host=", "--log-level=info")]
    [InlineData("--log-level", "info", "--host=", "--database-wait", "1")]
    [InlineData("--host=1", "--host=2")]
    public async Task A_flag_without_exactly_one_value_is_named(params string[] flags)
    {
        await using var server = await VaultServer.RunToEndAsync(new ServerSettings("postgresql://127.0.0.1:1/x") { Flags = flags });

        Assert.Equal(2, await server.WaitForExitAsync());
        Assert.Equal("axvault: --host: expected one value (see axvault --help)", Assert.Single(server.Errors));
    }

    [Theory]
    [InlineData("")]
    [InlineData("canary-short-key")]
    [InlineData("canary-a-key-that-has-one-too-f")]
    public async Task A_missing_or_short_encryption_key_is_named_and_not_repeated(string key)
    {
        await using var server = await VaultServer.RunToEndAsync(new ServerSettings("postgresql://127.0.0.1:1/x") { EncryptionKey = key });

        Assert.Equal(2, await server.WaitForExitAsync());
        var line = Assert.Single(server.Errors);
        Assert.Contains("AXVAULT_ENCRYPTION_KEY", line, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_wrong_settings_are_reported_at_once_without_their_values()
    {
        await using var server = await VaultServer.RunToEndAsync(
            new ServerSettings("postgresql://user:canary-password@127.0.0.1:99999/x")
            {
                EncryptionKey = "canary-short",
                PreviousEncryptionKeys = "canary-previous",
                Flags = ["--log-level=canary-level", "--host=canary-host"],
            }
        );

        Assert.Equal(2, await server.WaitForExitAsync());
        var text = string.Join('\n', server.Errors);
        Assert.Equal(5, server.Errors.Count);
        Assert.All(["AXVAULT_DATABASE_URL", "AXVAULT_ENCRYPTION_KEY", "AXVAULT_ENCRYPTION_KEY_PREVIOUS", "AXVAULT_LOG_LEVEL", "AXVAULT_HOST"], setting =>
            Assert.Contains(setting, text, StringComparison.Ordinal)
        );
        Assert.DoesNotContain("canary", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("axvault: expected a command (see axvault --help)")]
    [InlineData("axvault: unknown command start (see axvault --help)", "start")]
    [InlineData("axvault: unknown command (see axvault --help)", "Canary Secret")]
    [InlineData("axvault: unknown flag --start (see axvault --help)", "--start")]
    [InlineData("axvault: unknown flag --encryption-key (see axvault --help)", "serve", "--encryption-key=canary")]
    [InlineData("axvault: unknown flag --port (see axvault --help)", "openapi", "--port", "1")]
    [InlineData("axvault: openapi takes flags only, and was given something else (see axvault --help)", "openapi", "canary.json")]
    public async Task An_unknown_command_ends_with_exit_code_2_and_one_line(string line, params string[] arguments)
    {
        var run = await ProgramRun.ToEndAsync(arguments);

        Assert.Equal((2, "", line), (run.ExitCode, run.Output, run.Errors.TrimEnd()));
    }

    [Fact]
    public async Task Help_names_the_commands()
    {
        var run = await ProgramRun.ToEndAsync("--help");

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Contains("axvault [command]", run.Output, StringComparison.Ordinal);
        Assert.Contains("serve", run.Output, StringComparison.Ordinal);
        Assert.Contains("--version", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_of_serve_names_each_flag_with_variable_and_default_and_none_for_a_secret()
    {
        var run = await ProgramRun.ToEndAsync("serve", "--help");

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        var text = string.Join(' ', run.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.All(AxvaultOptions.AllSettings, setting =>
        {
            if (setting.Flag is null)
            {
                Assert.DoesNotContain($"--{setting.Variable[8..].Replace('_', '-')}", text, StringComparison.OrdinalIgnoreCase);
                return;
            }

            Assert.Contains(setting.Flag, text, StringComparison.Ordinal);
            Assert.Contains($"[{setting.Variable}{(setting.Default is null ? "" : $"; default: {setting.Default}")}]", text, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Version_is_one_line_with_the_version_of_the_build()
    {
        var run = await ProgramRun.ToEndAsync("--version");

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Matches(@"\A[0-9]+\.[0-9]+\.[0-9]+\r?\n\z", run.Output);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("-?")]
    public async Task Help_names_every_setting_and_starts_nothing(string flag)
    {
        await using var server = await VaultServer.RunToEndAsync(new ServerSettings("postgresql://127.0.0.1:1/x") { EncryptionKey = "", Flags = [flag] });

        Assert.Equal(0, await server.WaitForExitAsync());
        var text = string.Join('\n', server.Output);
        Assert.All(
            [
                "AXVAULT_PORT",
                "AXVAULT_HOST",
                "AXVAULT_DATABASE_URL",
                "AXVAULT_REFRESH_THRESHOLD",
                "AXVAULT_REFRESH_TIMEOUT_MS",
                "AXVAULT_LOG_LEVEL",
                "3847",
                "127.0.0.1",
            ],
            setting => Assert.Contains(setting, text, StringComparison.Ordinal)
        );
        Assert.Empty(server.Errors);
    }
}
