using Axvault.Api.Configuration;

namespace Axvault.Api.Startup;

/// <summary>What happens between the signal to stop and the stop: the server says that it is not ready, and serves on until a balancer has noticed.</summary>
internal sealed partial class VaultShutdown(VaultReadiness readiness, AxvaultOptions options, TimeProvider time, ILogger<VaultShutdown> logger) : IHostedLifecycleService
{
    /// <inheritdoc />
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // A server that could not start has nobody to wait for.
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
        [LoggerMessage(LogLevel.Information, "The server stops in {Seconds} s: it serves on, and is not ready any more")]
        public static partial void Leaving(ILogger logger, double seconds);
    }
}
