using Microsoft.Extensions.Hosting;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Axvault.ServiceDefaults;

/// <summary>
/// Sends the last traces, metrics and logs when the service ends: all at once and in bounded time, for a collector that accepts and never answers
/// would hold the process up, one signal after the other, longer than an orchestrator may wait.
/// </summary>
/// <remarks>It is made after the providers, and so disposed before them; they have nothing left to do then.</remarks>
internal sealed class TelemetryFlush(TracerProvider traces, MeterProvider metrics, LoggerProvider logs) : IHostedService, IAsyncDisposable
{
    private const int LimitMilliseconds = 2000;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public async ValueTask DisposeAsync() => await Task.WhenAll(
        Task.Run(() => traces.Shutdown(LimitMilliseconds)),
        Task.Run(() => metrics.Shutdown(LimitMilliseconds)),
        Task.Run(() => logs.Shutdown(LimitMilliseconds)));
}
