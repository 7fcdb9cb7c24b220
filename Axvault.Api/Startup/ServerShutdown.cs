using Axvault.Api.Lifetime;
using Axvault.Api.Pipeline;

namespace Axvault.Api.Startup;

/// <summary>The delay between the signal to stop and the stop: the server is not ready but still serves, so that a load balancer can notice.</summary>
internal sealed partial class ServerShutdown(ServerReadiness readiness, ListenerOptions options, TimeProvider time, ILogger<ServerShutdown> logger)
    : IHostedLifecycleService
{
    /// <inheritdoc />
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // A server that could not start has no clients to wait for.
        if (!readiness.IsReady || options.ShutdownDelay == TimeSpan.Zero)
        {
            return;
        }

        readiness.Leave();
        Log.Leaving(logger, options.ShutdownDelay.TotalSeconds);
        await Task.Delay(options.ShutdownDelay, time, cancellationToken);
    }

    /// <inheritdoc />
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The server stops in {Seconds} s. Until then it serves but is not ready")]
        public static partial void Leaving(ILogger logger, double seconds);
    }
}
