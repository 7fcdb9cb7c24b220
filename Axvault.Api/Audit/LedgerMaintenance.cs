using Axvault.Api.Lifetime;

namespace Axvault.Api.Audit;

/// <summary>Maintains the ledger: writes checkpoints and anchors, and appends notes that are left.</summary>
internal sealed class LedgerMaintenance(
    Checkpoints checkpoints,
    LeftNotes left,
    AuditAnchors anchors,
    AuditState state,
    ServerReadiness readiness,
    TimeProvider time,
    ILogger<LedgerMaintenance> logger
) : BackgroundLoop(readiness, time, logger)
{
    // Entries that are cut off before the next checkpoint are found only by the server that wrote them.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <inheritdoc />
    protected override string Work => "Maintenance of the ledger";

    /// <inheritdoc />
    protected override TimeSpan PauseAfterInterruption => Interval;

    /// <inheritdoc />
    protected override async Task<TimeSpan> StepAsync(CancellationToken stoppingToken)
    {
        try
        {
            if (!state.IsBlocked)
            {
                await checkpoints.WriteAsync(stoppingToken);
                await left.AppendAsync(stoppingToken);
            }
        }
        finally
        {
            anchors.WriteIfDue();
        }

        return Interval;
    }

    /// <inheritdoc />
    protected override bool IsInterruption(Exception exception) => exception is AuditUnavailableException || base.IsInterruption(exception);
}
