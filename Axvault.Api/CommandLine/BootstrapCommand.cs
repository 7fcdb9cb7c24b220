using Axvault.Api.Audit;
using Axvault.Api.Credentials;
using Axvault.Api.Startup;

namespace Axvault.Api.CommandLine;

/// <summary><c>axvault bootstrap --reset</c>: a new key with all access for a vault whose administrators' keys are lost.</summary>
internal static class BootstrapCommand
{
    /// <summary>Makes the key, and shows its secret on standard error; it is an entry of the audit log.</summary>
    /// <param name="flags">The flags that were given, by the names of their variables.</param>
    /// <param name="revokeOthers">Whether every other key that grants <c>*</c> is removed.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>0: made. 1: it could not be. 2: a setting is wrong.</returns>
    public static Task<int> RunAsync(IReadOnlyDictionary<string, string?> flags, bool revokeOthers, CancellationToken cancellationToken) =>
        VaultTool.RunAsync(flags, (tool, token) => ResetAsync(tool, revokeOthers, token), cancellationToken);

    private static async Task<int> ResetAsync(VaultTool tool, bool revokeOthers, CancellationToken cancellationToken)
    {
        // The parts of the server that the entry gets into the chain by; what cannot be written now is noted, and a server moves it later.
        await using var services = new ServiceCollection()
            .AddMetrics()
            .AddLogging()
            .AddAudit()
            .AddSingleton(tool.Options)
            .AddSingleton(tool.Database)
            .AddSingleton(tool.Vault)
            .AddSingleton(await tool.OpenAuditAsync(cancellationToken))
            .AddSingleton(TimeProvider.System)
            .AddSingleton<CredentialStore>()
            .AddSingleton<Bootstrap>()
            .BuildServiceProvider();
        var writer = services.GetRequiredService<AuditWriter>();
        await writer.StartAsync(cancellationToken);
        await services.GetRequiredService<Bootstrap>().ResetAsync(revokeOthers, cancellationToken);
        await writer.StopAsync(CancellationToken.None);
        return ExitCode.Success;
    }
}
