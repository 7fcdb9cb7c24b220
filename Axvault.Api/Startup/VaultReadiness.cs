using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Axvault.Api.Startup;

/// <summary>
/// Whether the vault is open, and the server means to stay. Until it is open, the process is alive and not ready: a long migration must not be killed by a probe. When it is told to
/// stop, it is not ready any more, and still serves: who balances the load needs time to notice.
/// </summary>
internal sealed class VaultReadiness : IHealthCheck
{
    private volatile bool _ready;
    private volatile bool _leaving;

    /// <summary>Whether requests are served.</summary>
    public bool IsReady => _ready;

    /// <summary>Whether the server has been told to stop.</summary>
    public bool IsLeaving => _leaving;

    /// <summary>Lets requests in.</summary>
    public void Open() => _ready = true;

    /// <summary>Asks for no more requests; those that come are served.</summary>
    public void Leave() => _leaving = true;

    /// <inheritdoc />
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_leaving ? HealthCheckResult.Unhealthy("The server is stopping.") : HealthCheckResult.Healthy());
}
