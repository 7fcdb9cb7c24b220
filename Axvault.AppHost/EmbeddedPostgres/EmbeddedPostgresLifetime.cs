using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Axvault.AppHost.EmbeddedPostgres;

/// <summary>The lifetime of the embedded servers: started with the graph, shown in the dashboard, stopped after everything else.</summary>
internal sealed partial class EmbeddedPostgresLifetime(
    ResourceNotificationService notifications,
    ResourceLoggerService loggers,
    IHostApplicationLifetime application,
    ILogger<EmbeddedPostgresLifetime> terminal
) : IHostedLifecycleService, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, PostgresCluster> _clusters = new();

    /// <summary>Installs and starts <paramref name="server"/>. A failure ends the AppHost with the reason.</summary>
    public async Task StartAsync(EmbeddedPostgresResource server, InitializeResourceEvent started, CancellationToken cancellationToken)
    {
        var logger = loggers.GetLogger(server);
        await notifications.PublishUpdateAsync(server, static snapshot => snapshot with { State = KnownResourceStates.Starting });
        try
        {
            await started.Eventing.PublishAsync(new BeforeResourceStartedEvent(server, started.Services), cancellationToken);
            var binaries = await PostgresBinaries.InstallAsync(ClusterFolder.StateFolder(), line => Log.Progress(logger, line), cancellationToken);
            var cluster = new PostgresCluster(binaries, server.Folder, line => Log.Progress(logger, line));
            _clusters[server.Name] = cluster;
            await cluster.StartAsync(cancellationToken);
            await PublishRunningAsync(server, cluster, started, cancellationToken);
            _ = WatchAsync(server, cluster, logger);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The reason is shown in the dashboard, and in the terminal for the developer who started the AppHost.
            Log.CannotStart(logger, exception.Message);
            Log.CannotStart(terminal, exception.Message);
            await notifications.PublishUpdateAsync(server, static snapshot => snapshot with { State = KnownResourceStates.FailedToStart });
            Environment.ExitCode = 1;
            application.StopApplication();
        }
    }

    /// <summary>Makes <paramref name="database"/> on its server and shows it as running.</summary>
    public async Task CreateDatabaseAsync(
        EmbeddedPostgresResource server,
        EmbeddedDatabaseResource database,
        IServiceProvider services,
        CancellationToken cancellationToken
    )
    {
        await _clusters[server.Name].CreateDatabaseAsync(database.DatabaseName, cancellationToken);
        var eventing = services.GetRequiredService<Aspire.Hosting.Eventing.IDistributedApplicationEventing>();
        await eventing.PublishAsync(new ConnectionStringAvailableEvent(database, services), cancellationToken);
        await notifications.PublishUpdateAsync(database, static snapshot =>
            snapshot with
            {
                State = KnownResourceStates.Running,
                StartTimeStamp = DateTime.UtcNow,
            }
        );
    }

    /// <summary>Returns the running cluster of a server.</summary>
    public PostgresCluster this[string serverName] => _clusters[serverName];

    /// <inheritdoc />
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    /// <remarks>Runs after every other part has stopped, because the API needs the database for its last requests.</remarks>
    public Task StoppedAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    /// <inheritdoc />
    /// <remarks>An AppHost whose start failed is disposed without a stop.</remarks>
    public async ValueTask DisposeAsync()
    {
        foreach (var cluster in _clusters.Values)
        {
            await cluster.DisposeAsync();
        }
    }

    private async Task PublishRunningAsync(
        EmbeddedPostgresResource server,
        PostgresCluster cluster,
        InitializeResourceEvent started,
        CancellationToken cancellationToken
    )
    {
        var endpoint = server.Annotations.OfType<EndpointAnnotation>().Single();
        endpoint.Port = cluster.Port;
        endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, "127.0.0.1", cluster.Port);
        await started.Eventing.PublishAsync(new ConnectionStringAvailableEvent(server, started.Services), cancellationToken);
        await notifications.PublishUpdateAsync(server, snapshot =>
            snapshot with
            {
                State = KnownResourceStates.Running,
                StartTimeStamp = DateTime.UtcNow,
                Urls = [new("tcp", $"tcp://127.0.0.1:{cluster.Port}", IsInternal: false)],
            }
        );
    }

    private async Task WatchAsync(EmbeddedPostgresResource server, PostgresCluster cluster, ILogger logger)
    {
        var exitCode = await cluster.Ended;
        if (!application.ApplicationStopping.IsCancellationRequested)
        {
            Log.Ended(logger, exitCode);
            Log.Ended(terminal, exitCode);
        }

        await notifications.PublishUpdateAsync(server, static snapshot =>
            snapshot with
            {
                State = KnownResourceStates.Exited,
                StopTimeStamp = DateTime.UtcNow,
            }
        );
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "{Line}")]
        public static partial void Progress(ILogger logger, string line);

        [LoggerMessage(LogLevel.Critical, "The embedded PostgreSQL cannot be started: {Reason}")]
        public static partial void CannotStart(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Error, "The embedded PostgreSQL has ended by itself, with exit code {ExitCode}. Restart the AppHost; its data is kept.")]
        public static partial void Ended(ILogger logger, int exitCode);
    }
}
