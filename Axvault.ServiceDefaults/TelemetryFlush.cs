using Microsoft.Extensions.Hosting;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Axvault.ServiceDefaults;

/// <summary>The last export of traces, metrics and logs when the service ends, all at once and in bounded time.</summary>
/// <remarks>
/// A collector that accepts and never answers would otherwise delay the end once per signal, longer than an orchestrator may wait.
/// This service is created after the providers and so disposed before them, which leaves them nothing to do.
/// </remarks>
internal sealed class TelemetryFlush(TracerProvider traces, MeterProvider metrics, LoggerProvider logs) : IHostedService, IAsyncDisposable
{
    private const int LimitMilliseconds = 2000;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public async ValueTask DisposeAsync() =>
        await Task.WhenAll(
            Task.Run(() => traces.Shutdown(LimitMilliseconds)),
            Task.Run(() => metrics.Shutdown(LimitMilliseconds)),
            Task.Run(() => logs.Shutdown(LimitMilliseconds))
        );
}
