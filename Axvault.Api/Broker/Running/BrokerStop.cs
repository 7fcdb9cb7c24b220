namespace Axvault.Api.Broker.Running;

/// <summary>The end of running calls when the server stops: they may run on for the grace, and are ended then.</summary>
/// <param name="running">The calls.</param>
/// <param name="grace">The time from the signal to stop until the calls are ended.</param>
/// <param name="time">The clock.</param>
internal sealed class BrokerStop(RunningCalls running, TimeSpan grace, TimeProvider time) : IHostedLifecycleService, IDisposable
{
    private ITimer? _timer;

    /// <inheritdoc />
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _timer = time.CreateTimer(_ => running.EndAll(RunningReasons.Stopping), null, grace, TimeSpan.FromSeconds(1));
        return Task.CompletedTask;
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

    /// <inheritdoc />
    public void Dispose() => _timer?.Dispose();
}
