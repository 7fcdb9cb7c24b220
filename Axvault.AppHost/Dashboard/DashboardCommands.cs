using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Axvault.AppHost.Dashboard;

/// <summary>The commands of the dashboard: those of the API, and one of the AppHost's own database.</summary>
internal static class DashboardCommands
{
    /// <summary>Adds the commands in development. A published graph has none.</summary>
    public static IResourceBuilder<ProjectResource> WithDashboardCommands(
        this IResourceBuilder<ProjectResource> api,
        IResourceBuilder<IResourceWithConnectionString>? database
    )
    {
        if (api.ApplicationBuilder.ExecutionContext.IsPublishMode)
        {
            return api;
        }

        api.ApplicationBuilder.Services.AddSingleton(DashboardKey.For(database?.Resource))
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<VaultApi>(provider, api.Resource))
            .AddSingleton<VaultSession>();
        ApiWelcome.AddTo(api, database?.Resource);
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

    /// <summary>Adds a command that calls the API. It is enabled while the API is healthy, and a failure is one line with the reason.</summary>
    public static void AddCommand(
        this IResourceBuilder<ProjectResource> api,
        string name,
        string displayName,
        CommandOptions options,
        Func<ExecuteCommandContext, VaultSession, Task<ExecuteCommandResult>> run
    )
    {
        options.UpdateState = static context =>
            context.ResourceSnapshot.HealthStatus == HealthStatus.Healthy ? ResourceCommandState.Enabled : ResourceCommandState.Disabled;
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
            options
        );
    }
}
