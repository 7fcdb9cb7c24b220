using Axvault.Api.Audit;
using Axvault.Api.Lifetime;

namespace Axvault.Api.Rotation;

/// <summary>Checks at intervals whether rows must be moved to the KEK that the fleet encrypts with, and counts the rows under each KEK.</summary>
internal sealed class KeyRotation(
    KeyRotator rotator,
    KekCensusTaker census,
    FleetMembership fleet,
    ServerReadiness readiness,
    TimeProvider time,
    ILogger<KeyRotation> logger
) : BackgroundLoop(readiness, time, logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CensusInterval = TimeSpan.FromMinutes(1);

    // The interval after a turn that found only rows that do not open: looking more often gains nothing.
    private static readonly TimeSpan FutileInterval = TimeSpan.FromMinutes(1);

    private long? _counted;

    /// <inheritdoc />
    protected override string Work => "The rotation of the encryption key";

    /// <inheritdoc />
    protected override TimeSpan PauseAfterInterruption => Interval;

    /// <inheritdoc />
    protected override TimeSpan PauseAfterFailure => FutileInterval;

    /// <inheritdoc />
    protected override bool IsInterruption(Exception exception) => exception is AuditUnavailableException || base.IsInterruption(exception);

    /// <inheritdoc />
    protected override async Task<TimeSpan> StepAsync(CancellationToken stoppingToken)
    {
        var pause = Interval;
        if (fleet.IsSettled)
        {
            var outcome = await rotator.RunAsync(stoppingToken);
            pause = outcome == RotationOutcome.Futile ? FutileInterval : Interval;
            _counted = outcome == RotationOutcome.Finished ? null : _counted;
        }

        if (_counted is not { } last || Time.GetElapsedTime(last) >= CensusInterval)
        {
            await census.TakeAsync(stoppingToken);
            _counted = Time.GetTimestamp();
        }

        return pause;
    }
}
