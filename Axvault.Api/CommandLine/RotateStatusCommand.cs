using System.CommandLine;
using Axvault.Api.Chain;
using Axvault.Api.Database;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh;
using Axvault.Api.Refresh.Spool;
using Axvault.Api.Rotation;
using Axvault.Api.Startup;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axvault.Api.CommandLine;

/// <summary><c>axvault rotate-status</c>: reports the encryption keys in use, and the older ones that can be removed, without a server.</summary>
internal static class RotateStatusCommand
{
    /// <summary>Returns the command.</summary>
    public static Command Create()
    {
        var command = new Command(
            "rotate-status",
            "Report the encryption keys in use. Exit code 0: older keys can be removed. 1: older keys are still needed. "
                + "Needs the database and the encryption key; writes nothing."
        );
        var flags = SettingFlags.AddTo(command, [DatabaseOptions.UrlSetting, RefreshOptions.SpoolSetting, AxvaultOptions.LogLevelSetting]);
        command.SetAction((parsed, cancellationToken) => RunAsync(flags.Given(parsed), cancellationToken));
        return command;
    }

    // Exit codes: 0, the older keys can be removed; 1, they are still needed or their use is unknown; 2, a setting is wrong.
    private static Task<int> RunAsync(IReadOnlyDictionary<string, string?> flags, CancellationToken cancellationToken) =>
        VaultTool.RunAsync(flags, async (tool, token) => await TellAsync(await ReadAsync(tool, token)), cancellationToken);

    private static async Task<RotationReport> ReadAsync(VaultTool tool, CancellationToken cancellationToken)
    {
        var rotation = new RotationStore(tool.Database);
        return RotationReport.Of(
            tool.Vault.Keys,
            await rotation.FindAsync(cancellationToken),
            await rotation.CountAsync(cancellationToken),
            await new VaultStore(tool.Database).FindKeksAsync(cancellationToken),
            [.. (await new ChainKeyStore(tool.Database).ReadAsync(cancellationToken)).Select(static key => (key.Kek, key.WrappedBy))],
            await new FleetStore(tool.Database).FindAllAsync(cancellationToken),
            new TokenSpool(tool.Options.Refresh, tool.Vault, NullLogger<TokenSpool>.Instance).CountByKey()
        );
    }

    private static async Task<int> TellAsync(RotationReport report)
    {
        foreach (var line in report.Lines)
        {
            await Console.Out.WriteLineAsync(line);
        }

        await Console.Out.WriteLineAsync(
            report.OthersCanGo ? "The older keys can go: nothing needs them." : $"The older keys are still needed: {string.Join("; ", report.Needs)}."
        );
        return report.OthersCanGo ? ExitCode.Success : ExitCode.Failure;
    }
}
