using Axvault.Hosting.Http;
using Axvault.Hosting.Keys;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Axvault.Hosting.Commands;

/// <summary>The commands of a vault in the dashboard.</summary>
internal static class VaultCommands
{
    /// <summary>Adds the commands that every vault has.</summary>
    public static void AddTo<T>(IResourceBuilder<T> vault)
        where T : IResource
    {
        CreateKeyCommand.AddTo(vault);
        ListCredentialsCommand.AddTo(vault);
        RefreshCredentialCommand.AddTo(vault);
        VerifyAuditCommand.AddTo(vault);
    }

    /// <summary>Adds a command that calls the API. It is enabled while the API is healthy, and a failure is one line with the reason.</summary>
    public static void AddCommand<T>(
        this IResourceBuilder<T> vault,
        string name,
        string displayName,
        CommandOptions options,
        Func<ExecuteCommandContext, VaultSession, Task<ExecuteCommandResult>> run
    )
        where T : IResource
    {
        options.UpdateState = static context =>
            context.ResourceSnapshot.HealthStatus == HealthStatus.Healthy ? ResourceCommandState.Enabled : ResourceCommandState.Disabled;
        vault.WithCommand(
            name,
            displayName,
            async context =>
            {
                try
                {
                    return await run(context, context.Services.GetRequiredKeyedService<VaultSession>(vault.Resource.Name));
                }
                catch (VaultApiException exception)
                {
                    return CommandResults.Failure(exception.Message);
                }
            },
            options
        );
    }
}
