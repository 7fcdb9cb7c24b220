using Axvault.Api.Lifetime;
using Axvault.Api.Refresh.Spool;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Refresh;

/// <summary>
/// The sweep: at intervals it stores tokens left in the spool, refreshes expiring credentials that no client reads, and counts credentials. Any number of
/// servers may sweep: a claim makes sure that the fleet refreshes each credential once.
/// </summary>
internal sealed class RefreshSweeper(
    ExpirySweep sweep,
    TokenDelivery delivery,
    CredentialCensusTaker census,
    ServerReadiness readiness,
    RefreshOptions options,
    TimeProvider time,
    ILogger<RefreshSweeper> logger
) : BackgroundLoop(readiness, time, logger)
{
    private static readonly TimeSpan SpoolPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CensusInterval = TimeSpan.FromMinutes(1);

    /// <inheritdoc />
    protected override string Work => "The sweep of the credentials";

    /// <inheritdoc />
    protected override TimeSpan PauseAfterInterruption => Pause;

    private bool Sweeps => sweep.IsEnabled && options.SweepInterval > TimeSpan.Zero;

    // Servers that started together do not sweep together.
    private TimeSpan Pause => (Sweeps ? options.SweepInterval : CensusInterval) * (0.5 + Random.Shared.NextDouble());

    /// <inheritdoc />
    protected override async Task PrepareAsync(CancellationToken stoppingToken)
    {
        delivery.Prepare();
        while (!await delivery.DeliverLeftAsync())
        {
            await Task.Delay(SpoolPause, Time, stoppingToken);
        }
    }

    /// <inheritdoc />
    protected override async Task<TimeSpan> StepAsync(CancellationToken stoppingToken)
    {
        using var span = RefreshTelemetry.StartSweep();
        try
        {
            await delivery.DeliverLeftAsync();
            if (Sweeps)
            {
                await sweep.RunAsync(stoppingToken);
            }

            await census.TakeAsync(stoppingToken);
        }
        catch (Exception exception) when (IsInterruption(exception) || !stoppingToken.IsCancellationRequested)
        {
            span.Fail(exception);
            throw;
        }

        return Pause;
    }
}
