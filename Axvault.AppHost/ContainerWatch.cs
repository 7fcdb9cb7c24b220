using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Axvault.AppHost;

/// <summary>The watch that ends the AppHost with a clear error when the container of the database does not start.</summary>
internal sealed partial class ContainerWatch(
    IResource container,
    ResourceNotificationService notifications,
    IHostApplicationLifetime application,
    ILogger<ContainerWatch> logger
) : IHostedLifecycleService
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private Task _watch = Task.CompletedTask;

    /// <inheritdoc />
    /// <remarks>The watch begins before the graph starts, because the start may wait for the container runtime without end.</remarks>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _watch = WatchAsync(application.ApplicationStopping);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StoppedAsync(CancellationToken cancellationToken) => _watch;

    private async Task WatchAsync(CancellationToken stopping)
    {
        try
        {
            string[] ends = [KnownResourceStates.Running, KnownResourceStates.FailedToStart, KnownResourceStates.RuntimeUnhealthy, KnownResourceStates.Exited];
            var state = await WaitAsync(ends, stopping);
            if (state == KnownResourceStates.Running)
            {
                return;
            }

            Log.DoesNotStart(logger, container.Name, state ?? "no answer", DatabaseChoice.Switch, DatabaseChoice.UrlVariable);
            Environment.ExitCode = 1;
            application.StopApplication();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The AppHost is stopping, so the state of the container no longer matters.
        }
    }

    private async Task<string?> WaitAsync(string[] states, CancellationToken stopping)
    {
        try
        {
            return await notifications.WaitForResourceAsync(container.Name, states, stopping).WaitAsync(Limit, stopping);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Critical,
            "The container {Container} did not start ({State}). Check that the container runtime can pull and run its image, "
                + "or set {Switch}=embedded to run PostgreSQL without a container, or name a database in {UrlVariable}"
        )]
        public static partial void DoesNotStart(ILogger logger, string container, string state, string @switch, string urlVariable);
    }
}
