using Axvault.Api.Chain;
using Axvault.Api.Lifetime;

namespace Axvault.Api.Audit;

/// <summary>Maintains the audit log: probes a blocked one, makes and drops months, and records the stop of the server.</summary>
internal sealed class AuditMaintenance(
    AuditWriter writer,
    AuditRetention retention,
    AuditLog log,
    AuditSource source,
    ServerReadiness readiness,
    TimeProvider time,
    ILogger<AuditMaintenance> logger
) : BackgroundLoop(readiness, time, logger)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MonthInterval = TimeSpan.FromHours(1);

    private readonly TimeProvider _time = time;
    private long? _lastMonths;

    /// <inheritdoc />
    protected override string Work => "Maintenance of the audit log";

    /// <inheritdoc />
    protected override TimeSpan PauseAfterInterruption => Tick;

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (Readiness.IsReady)
        {
            await log.TryRecordAsync(source.Describe(AuditAction.ServerStop, AuditOutcome.Success));
        }
    }

    /// <inheritdoc />
    protected override async Task<TimeSpan> StepAsync(CancellationToken stoppingToken)
    {
        await writer.MaintainAsync();
        if (_lastMonths is not { } last || _time.GetElapsedTime(last) >= MonthInterval)
        {
            _lastMonths = _time.GetTimestamp();
            await retention.RunAsync(stoppingToken);
        }

        return Tick;
    }

    /// <inheritdoc />
    protected override bool IsInterruption(Exception exception) => exception is AuditUnavailableException || base.IsInterruption(exception);
}
