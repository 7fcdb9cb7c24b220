using Axvault.Api.Lifetime;

namespace Axvault.Api.Broker.Usage;

/// <summary>Writes the use of calls to the database every second, and at the stop of the server.</summary>
internal sealed class UsageWriting(UsageCounter counter, UsageStore store, ServerReadiness readiness, TimeProvider time, ILogger<UsageWriting> logger)
    : BackgroundLoop(readiness, time, logger)
{
    private const int KeptDays = 400;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RemovalInterval = TimeSpan.FromHours(12);

    private long? _removedAt;

    /// <inheritdoc />
    protected override string Work => "The write of the broker's use";

    /// <inheritdoc />
    protected override TimeSpan PauseAfterInterruption => Interval;

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        // A batch that failed comes first, and then the calls since.
        while (await WriteAsync(cancellationToken)) { }
    }

    /// <inheritdoc />
    protected override async Task<TimeSpan> StepAsync(CancellationToken stoppingToken)
    {
        await WriteAsync(stoppingToken);
        if (_removedAt is not { } last || Time.GetElapsedTime(last) >= RemovalInterval)
        {
            await store.RemoveOldAsync(KeptDays, stoppingToken);
            _removedAt = Time.GetTimestamp();
        }

        return Interval;
    }

    // Returns false when there was nothing to write.
    private async Task<bool> WriteAsync(CancellationToken cancellationToken)
    {
        if (counter.BeginWrite() is not { } batch)
        {
            return false;
        }

        await store.AddAsync(batch, cancellationToken);
        counter.EndWrite();
        return true;
    }
}
