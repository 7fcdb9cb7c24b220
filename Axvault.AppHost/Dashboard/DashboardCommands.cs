using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Axvault.AppHost.Dashboard;

/// <summary>Makes the dashboard the console of the vault: commands on the API, and one on the database that the AppHost runs for it.</summary>
internal static class DashboardCommands
{
    /// <summary>Adds the commands. They exist in development alone: a published graph has none.</summary>
    public static IResourceBuilder<ProjectResource> WithDashboardCommands(this IResourceBuilder<ProjectResource> api, IResourceBuilder<IResourceWithConnectionString>? database)
    {
        if (api.ApplicationBuilder.ExecutionContext.IsPublishMode)
        {
            return api;
        }

        api.ApplicationBuilder.Services
            .AddSingleton(DashboardKey.For(database?.Resource))
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<VaultApi>(provider, api.Resource))
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<VaultSession>(provider, api.Resource));
        api.OnResourceReady(static (_, ready, cancellationToken) => ready.Services.GetRequiredService<VaultSession>().LearnAtStartAsync(cancellationToken));
        CreateKeyCommand.AddTo(api);
        ListCredentialsCommand.AddTo(api);
        RefreshCredentialCommand.AddTo(api);
        VerifyAuditCommand.AddTo(api);
        if (database is not null)
        {
            ResetDataCommand.AddTo(database, api.Resource);
        }

        return api;
    }

    /// <summary>Adds a command that calls the API: there while the API is healthy, and failing with one line that says why.</summary>
    public static void AddCommand(
        this IResourceBuilder<ProjectResource> api, string name, string displayName, CommandOptions options, Func<ExecuteCommandContext, VaultSession, Task<ExecuteCommandResult>> run)
    {
        options.UpdateState = static context => context.ResourceSnapshot.HealthStatus == HealthStatus.Healthy ? ResourceCommandState.Enabled : ResourceCommandState.Disabled;
        api.WithCommand(
            name,
            displayName,
            async context =>
            {
                try
                {
                    return await run(context, context.Services.GetRequiredService<VaultSession>());
                }
                catch (VaultApiException exception)
                {
                    return CommandResults.Failure(exception.Message);
                }
            },
            options);
    }
}
