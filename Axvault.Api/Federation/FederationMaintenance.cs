using Axvault.Api.Lifetime;

namespace Axvault.Api.Federation;

/// <summary>Removes issued keys and used tokens that are of no use any more.</summary>
internal sealed class FederationMaintenance(IssuedKeyStore keys, ServerReadiness readiness, TimeProvider time, ILogger<FederationMaintenance> logger)
    : BackgroundLoop(readiness, time, logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    /// <inheritdoc />
    protected override string Work => "Removal of expired keys of workloads";

    /// <inheritdoc />
    protected override TimeSpan PauseAfterInterruption => Interval;

    /// <inheritdoc />
    protected override async Task<TimeSpan> StepAsync(CancellationToken stoppingToken)
    {
        await keys.RemoveOldAsync(stoppingToken);
        return Interval;
    }
}
