using System.CommandLine;
using Axvault.Api.Audit;
using Axvault.Api.Database;
using Axvault.Api.Keys;
using Axvault.Api.Startup;

namespace Axvault.Api.CommandLine;

/// <summary><c>axvault bootstrap --reset</c>: a new key with all access for a vault whose administrators' keys are lost.</summary>
internal static class BootstrapCommand
{
    /// <summary>Returns the command.</summary>
    public static Command Create()
    {
        // Required, so that no one gets a key by trying the command.
        var resets = new Option<bool>("--reset")
        {
            Description = "Make a new key \"Bootstrap Admin\" with all access, and show its secret once, on standard error. Other keys stay.",
            Required = true,
        };
        var revokes = new Option<bool>("--revoke-others") { Description = "Remove every other key that grants *." };
        var command = new Command("bootstrap", "Get back into a vault whose administrators' keys are lost. Needs the database and the encryption key.")
        {
            resets,
            revokes,
        };
        var flags = SettingFlags.AddTo(command, [DatabaseOptions.UrlSetting, AxvaultOptions.LogLevelSetting]);
        command.SetAction(
            (parsed, cancellationToken) =>
                parsed.GetValue(resets)
                    ? RunAsync(flags.Given(parsed), parsed.GetValue(revokes), cancellationToken)
                    : Task.FromResult(AxvaultCommand.Refuse(["--reset: expected, and nothing else is there to do (see axvault bootstrap --help)"]))
        );
        return command;
    }

    // Exit codes: 0, the key is made; 1, it cannot be made; 2, a setting is wrong.
    private static Task<int> RunAsync(IReadOnlyDictionary<string, string?> flags, bool revokeOthers, CancellationToken cancellationToken) =>
        VaultTool.RunAsync(flags, (tool, token) => ResetAsync(tool, revokeOthers, token), cancellationToken);

    private static async Task<int> ResetAsync(VaultTool tool, bool revokeOthers, CancellationToken cancellationToken)
    {
        await using var services = new ServiceCollection()
            .AddMetrics()
            .AddLogging()
            .AddAudit(tool.Options.Audit)
            .AddSingleton(tool.Options.Bootstrap)
            .AddSingleton(tool.Database)
            .AddSingleton(tool.Vault)
            .AddSingleton(await tool.OpenAuditAsync(cancellationToken))
            .AddSingleton(TimeProvider.System)
            .AddSingleton<KeyRowStore>()
            .AddSingleton<Bootstrap>()
            .BuildServiceProvider();
        await services.GetRequiredService<Bootstrap>().ResetAsync(revokeOthers, cancellationToken);
        await services.GetRequiredService<Checkpoints>().CloseLanesAsync(cancellationToken);
        return ExitCode.Success;
    }
}
