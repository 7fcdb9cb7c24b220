using System.Net;
using Axvault.Hosting.Http;
using Axvault.Hosting.Keys;

namespace Axvault.Hosting.Commands;

/// <summary>"Verify the audit chain".</summary>
internal static class VerifyAuditCommand
{
    /// <summary>The command's name.</summary>
    public const string Name = "verify-audit-chain";

    /// <summary>Adds the command.</summary>
    public static void AddTo<T>(IResourceBuilder<T> vault)
        where T : IResource =>
        vault.AddCommand(
            Name,
            "Verify the audit chain",
            new CommandOptions { Description = "Whether every entry of the audit log is there, and as it was written.", IconName = "ShieldCheckmark" },
            RunAsync
        );

    /// <summary>Returns the result of the verification in words.</summary>
    public static ExecuteCommandResult Tell(AuditVerification found)
    {
        if (!found.Valid)
        {
            var place = found.Lane is null ? $"checkpoint {found.Checkpoint}" : $"lane {found.Lane}, entry {found.Sequence}";
            return CommandResults.Failure($"The audit chain is broken at {place} ({found.Fault}). {found.Detail}");
        }

        var verdict = $"The audit chain is whole: {found.Entries} entries in {found.Lanes} lanes, up to checkpoint {found.LastCheckpoint}.";
        return CommandResults.Success(verdict, $"{verdict}\n\n{found.Head}", CommandResultFormat.Text, displayImmediately: true);
    }

    private static async Task<ExecuteCommandResult> RunAsync(ExecuteCommandContext context, VaultSession vault)
    {
        try
        {
            return Tell(await vault.SendAsync(HttpMethod.Get, "/api/v1/audit/verify", VaultApiJson.Default.AuditVerification, context.CancellationToken));
        }
        catch (VaultApiException exception) when (exception.Status == HttpStatusCode.NotFound)
        {
            return CommandResults.Failure("This server has no audit chain.");
        }
    }
}
