using Axvault.Api.Audit.Chain;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh.Spool;
using Axvault.Api.Rotation;
using Microsoft.Extensions.Logging.Abstractions;

namespace Axvault.Api.CommandLine;

/// <summary><c>axvault rotate-status</c>: which encryption keys are in use, and whether the older ones can go, from outside of any server.</summary>
internal static class RotateStatusCommand
{
    /// <summary>Says on standard output what is under which key; what it could not do, on standard error.</summary>
    /// <param name="flags">The flags that were given, by the names of their variables.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>0: the older keys can go. 1: they cannot yet, or it could not be found out. 2: a setting is wrong.</returns>
    public static Task<int> RunAsync(IReadOnlyDictionary<string, string?> flags, CancellationToken cancellationToken) =>
        VaultTool.RunAsync(flags, async (tool, token) => await TellAsync(await ReadAsync(tool, token)), cancellationToken);

    private static async Task<RotationReport> ReadAsync(VaultTool tool, CancellationToken cancellationToken)
    {
        var rotation = new RotationStore(tool.Database);
        return RotationReport.Of(
            tool.Vault.Keys,
            await rotation.FindAsync(cancellationToken),
            await rotation.CountAsync(cancellationToken),
            await new VaultStore(tool.Database).FindKeysAsync(cancellationToken),
            [.. (await new AuditKeyStore(tool.Database).ReadAsync(cancellationToken)).Select(static key => (key.Id, key.WrappedBy))],
            await new FleetStore(tool.Database).FindAllAsync(cancellationToken),
            new TokenSpool(tool.Options, tool.Vault, NullLogger<TokenSpool>.Instance).CountByKey());
    }

    private static async Task<int> TellAsync(RotationReport report)
    {
        foreach (var line in report.Lines)
        {
            await Console.Out.WriteLineAsync(line);
        }

        await Console.Out.WriteLineAsync(report.OthersCanGo
            ? "The older keys can go: nothing needs them."
            : $"The older keys are still needed: {string.Join("; ", report.Needs)}.");
        return report.OthersCanGo ? ExitCode.Success : ExitCode.Failure;
    }
}
