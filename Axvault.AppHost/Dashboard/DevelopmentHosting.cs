using Microsoft.Extensions.DependencyInjection;

namespace Axvault.AppHost.Dashboard;

/// <summary>The parts of the vault that only this AppHost has, for the development of the server.</summary>
internal static class DevelopmentHosting
{
    private const int Port = 3847;

    /// <summary>Adds the usual port, the lines in the terminal, and the commands in development. A published graph has none of them.</summary>
    public static void WithDevelopment(this IResourceBuilder<AxvaultResource> api, IResourceBuilder<IResourceWithConnectionString>? database)
    {
        var builder = api.ApplicationBuilder;
        if (builder.ExecutionContext.IsPublishMode)
        {
            return;
        }

        api.WithHostPort(Port).WithEnvironment("ASPNETCORE_ENVIRONMENT", builder.Environment.EnvironmentName);
        builder.Services.AddSingleton(static _ => new DevelopmentIssuer(TimeProvider.System));
        ApiWelcome.AddTo(api);
        JobTokenCommand.AddTo(api);
        if (database is not null)
        {
            ResetDataCommand.AddTo(database, api.Resource);
        }
    }
}
