using Axvault.Hosting.Keys;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Axvault.AppHost.Dashboard;

/// <summary>"Reset the development data", which empties the vault. Only a database that the AppHost runs has it.</summary>
internal static class ResetDataCommand
{
    /// <summary>The command's name.</summary>
    public const string Name = "reset-data";

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);

    /// <summary>Adds the command to the server of <paramref name="database"/>, unless the database was only named to the AppHost.</summary>
    public static void AddTo(IResourceBuilder<IResourceWithConnectionString> database, IResource api)
    {
        if (database.Resource is not IResourceWithParent { Parent: IResourceWithConnectionString server })
        {
            return;
        }

        database
            .ApplicationBuilder.CreateResourceBuilder(server)
            .WithCommand(
                Name,
                "Reset the development data",
                context => RunAsync(context, server, database.Resource, api),
                new CommandOptions
                {
                    Description = "Empties the vault: every credential, API key and audit entry.",
                    ConfirmationMessage =
                        "Every credential, API key and audit entry of the development vault is deleted, for good. The API is stopped meanwhile.",
                    IconName = "DeleteDismiss",
                    // A tool that calls commands would not ask for the confirmation.
                    Visibility = ResourceCommandVisibility.UI,
                    UpdateState = static context =>
                        context.ResourceSnapshot.State?.Text == KnownResourceStates.Running ? ResourceCommandState.Enabled : ResourceCommandState.Disabled,
                }
            );
    }

    private static async Task<ExecuteCommandResult> RunAsync(
        ExecuteCommandContext context,
        IResourceWithConnectionString server,
        IResourceWithConnectionString database,
        IResource api
    )
    {
        string? obstacle = null;
        try
        {
            await StopAsync(api, context.Services, context.CancellationToken);
            await RecreateAsync(server, database, context.CancellationToken);
            context.Services.GetRequiredKeyedService<KeptKey>(api.Name).Forget();
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            obstacle = $"The data could not be reset: {exception.Message}";
        }

        try
        {
            await StartAsync(api, context.Services, context.CancellationToken);
        }
        catch (TimeoutException)
        {
            obstacle ??= $"The vault is empty, but {api.Name} does not become healthy. Its console log says why.";
        }

        return obstacle is null
            ? CommandResults.Success("The vault is empty. The terminal of the AppHost shows the secret of its first key again.")
            : CommandResults.Failure(obstacle);
    }

    private static async Task StopAsync(IResource api, IServiceProvider services, CancellationToken cancellationToken)
    {
        var notifications = services.GetRequiredService<ResourceNotificationService>();
        if (notifications.TryGetCurrentState(api.Name, out var state) && !KnownResourceStates.TerminalStates.Contains(state.Snapshot.State?.Text))
        {
            await services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync(api, KnownResourceCommands.StopCommand, cancellationToken);
            await notifications.WaitForResourceAsync(api.Name, KnownResourceStates.TerminalStates, cancellationToken).WaitAsync(StopLimit, cancellationToken);
        }
    }

    private static async Task StartAsync(IResource api, IServiceProvider services, CancellationToken cancellationToken)
    {
        await services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync(api, KnownResourceCommands.StartCommand, cancellationToken);
        await services
            .GetRequiredService<ResourceNotificationService>()
            .WaitForResourceHealthyAsync(api.Name, cancellationToken)
            .WaitAsync(StartLimit, cancellationToken);
        // The wait for a healthy resource does not include its ready event after a restart.
        await services.GetRequiredKeyedService<VaultSession>(api.Name).LearnAtStartAsync(cancellationToken);
    }

    private static async Task RecreateAsync(IResourceWithConnectionString server, IResourceWithConnectionString database, CancellationToken cancellationToken)
    {
        var name = new NpgsqlCommandBuilder().QuoteIdentifier(
            new NpgsqlConnectionStringBuilder(await database.GetConnectionStringAsync(cancellationToken)).Database!
        );
        var settings = new NpgsqlConnectionStringBuilder(await server.GetConnectionStringAsync(cancellationToken)) { Database = "postgres", Pooling = false };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        foreach (var sql in (string[])[$"drop database if exists {name} with (force)", $"create database {name}"])
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
