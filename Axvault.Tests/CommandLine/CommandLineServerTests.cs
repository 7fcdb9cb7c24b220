using Axvault.Tests.Server;

namespace Axvault.Tests.CommandLine;

/// <summary>The program as it is called: what it prints, and how it ends.</summary>
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
    public async Task What_is_wrong_is_one_line_that_names_the_setting_and_exit_code_2(string flag, string named)
    {
        await using var server = await VaultServer.RunToEndAsync(new ServerSettings("postgresql://127.0.0.1:1/x") { Flags = [flag] });

        Assert.Equal(2, await server.WaitForExitAsync());
        Assert.Contains(named, Assert.Single(server.Errors), StringComparison.Ordinal);
        Assert.Empty(server.Output);
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
    public async Task All_that_is_wrong_is_told_at_once_and_no_value_is_repeated()
    {
        await using var server = await VaultServer.RunToEndAsync(new ServerSettings("postgresql://user:canary-password@127.0.0.1:99999/x")
        {
            EncryptionKey = "canary-short",
            PreviousEncryptionKeys = "canary-previous",
            Flags = ["--log-level=canary-level", "--host=canary-host"],
        });

        Assert.Equal(2, await server.WaitForExitAsync());
        var text = string.Join('\n', server.Errors);
        Assert.Equal(5, server.Errors.Count);
        Assert.All(
            ["AXVAULT_DATABASE_URL", "AXVAULT_ENCRYPTION_KEY", "AXVAULT_ENCRYPTION_KEY_PREVIOUS", "AXVAULT_LOG_LEVEL", "AXVAULT_HOST"],
            setting => Assert.Contains(setting, text, StringComparison.Ordinal));
        Assert.DoesNotContain("canary", text, StringComparison.Ordinal);
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
            ["AXVAULT_PORT", "AXVAULT_HOST", "AXVAULT_DATABASE_URL", "AXVAULT_REFRESH_THRESHOLD", "AXVAULT_REFRESH_TIMEOUT_MS", "AXVAULT_LOG_LEVEL", "3847", "127.0.0.1"],
            setting => Assert.Contains(setting, text, StringComparison.Ordinal));
        Assert.Empty(server.Errors);
    }
}
