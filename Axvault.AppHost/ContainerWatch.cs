using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Axvault.AppHost;

/// <summary>Ends the AppHost with a clear error when the database's container does not start: a runtime may answer where no image can be pulled.</summary>
internal sealed partial class ContainerWatch(
    IResource container, ResourceNotificationService notifications, IHostApplicationLifetime application, ILogger<ContainerWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        string[] ends = [KnownResourceStates.Running, KnownResourceStates.FailedToStart, KnownResourceStates.RuntimeUnhealthy, KnownResourceStates.Exited];
        var state = await WaitAsync(ends, stoppingToken);
        if (state == KnownResourceStates.Running || stoppingToken.IsCancellationRequested)
        {
            return;
        }

        Log.DoesNotStart(logger, container.Name, state ?? "no answer", DatabaseChoice.Switch, DatabaseChoice.UrlVariable);
        Environment.ExitCode = 1;
        application.StopApplication();
    }

    private async Task<string?> WaitAsync(string[] states, CancellationToken stoppingToken)
    {
        try
        {
            return await notifications.WaitForResourceAsync(container.Name, states, stoppingToken).WaitAsync(Limit, stoppingToken);
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
            "The container {Container} did not start ({State}): the container runtime answers, but could not pull or run its image. Set {Switch}=embedded to run PostgreSQL without a container, or name a database in {UrlVariable}")]
        public static partial void DoesNotStart(ILogger logger, string container, string state, string @switch, string urlVariable);
    }
}
