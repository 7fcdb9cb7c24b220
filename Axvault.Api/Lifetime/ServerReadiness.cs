using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Axvault.Api.Lifetime;

/// <summary>The state of the server between its start and its stop: starting, open or leaving.</summary>
/// <remarks>
/// A starting server is alive but not ready, so that no probe ends a long migration.
/// A leaving server is not ready but still serves, because a load balancer needs time to notice.
/// </remarks>
internal sealed class ServerReadiness : IHealthCheck
{
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isLeaving;

    /// <summary>A task that completes when the server opens.</summary>
    public Task Opened => _opened.Task;

    /// <summary><c>true</c> when the server takes requests; otherwise <c>false</c>.</summary>
    public bool IsReady => _opened.Task.IsCompleted;

    /// <summary><c>true</c> when the server has been told to stop; otherwise <c>false</c>.</summary>
    public bool IsLeaving => _isLeaving;

    /// <summary>Lets requests in.</summary>
    public void Open() => _opened.TrySetResult();

    /// <summary>Turns the readiness check unhealthy; requests that still arrive are served.</summary>
    public void Leave() => _isLeaving = true;

    /// <inheritdoc />
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_isLeaving ? HealthCheckResult.Unhealthy("The server is stopping.") : HealthCheckResult.Healthy());
}
