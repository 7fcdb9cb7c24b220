using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Rotation;

/// <summary><c>axvault rotate-status</c> where there is nothing to rotate, or no way to tell.</summary>
public sealed class RotateStatusServerTests(VaultGraph graph)
{
    [Fact]
    public async Task An_invalid_setting_is_exit_code_2()
    {
        var start = VaultServer.StartInfo(["rotate-status", "--database-url=http://x/y"]);

        var run = await ProgramRun.ToEndAsync(start);

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains("AXVAULT_DATABASE_URL", run.Errors, StringComparison.Ordinal);
        Assert.Contains("AXVAULT_ENCRYPTION_KEY", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vault_of_one_key_needs_no_other_and_a_wrong_key_is_refused()
    {
        await using var lab = await RotationLab.CreateAsync(graph);
        var none = await lab.StatusAsync(RotationLab.Old);
        Assert.Equal((1, ""), (none.ExitCode, none.Output));
        Assert.Contains("has no vault", none.Errors, StringComparison.Ordinal);

        var server = await lab.StartAsync(RotationLab.Old);
        await lab.UntilMovedAsync(RotationLab.Old);
        Assert.Empty(await lab.AuditAsync(server));
        // The row is that of the first API key.
        var one = await lab.StatusAsync(RotationLab.Old);
        Assert.Equal((0, ""), (one.ExitCode, one.Errors));
        Assert.Matches(
            @"^Key [0-9a-f]{16} \(configured\): 1 rows\nServer .+ encrypts with [0-9a-f]{16}\nThe older keys can go: nothing needs them\.\n$",
            one.Output
        );

        var wrong = await lab.StatusAsync(RotationLab.New);
        Assert.Equal((1, ""), (wrong.ExitCode, wrong.Output));
        Assert.StartsWith("axvault: AXVAULT_ENCRYPTION_KEY is not the key of this vault", wrong.Errors, StringComparison.Ordinal);

        // While no server has the new key, the old one must stay.
        Assert.Equal(1, (await lab.StatusAsync(RotationLab.New, RotationLab.Old)).ExitCode);
    }

    [Fact]
    public async Task An_unreachable_database_is_exit_code_1()
    {
        await using var lab = RotationLab.On($"postgresql://127.0.0.1:{FreePort.Next()}/x?connect_timeout=1");

        var run = await lab.StatusAsync(RotationLab.Old);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("cannot be used", run.Errors, StringComparison.Ordinal);
    }
}
