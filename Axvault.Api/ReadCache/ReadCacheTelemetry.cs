using System.Diagnostics.Metrics;
using Axvault.Api.Telemetry;

namespace Axvault.Api.ReadCache;

/// <summary>The metrics of the read cache.</summary>
internal sealed class ReadCacheTelemetry
{
    // Observed, so that the series exist from the start as zero. Prometheus sees no increase in a series that begins at one.
    private long _hits;
    private long _misses;
    private long _stale;

    /// <summary>Creates the instruments.</summary>
    public ReadCacheTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(ServerSpans.SourceName);
        meter.CreateObservableCounter("axvault.read_cache.hits", () => Interlocked.Read(ref _hits), "{row}", "Rows found in the read cache.");
        meter.CreateObservableCounter("axvault.read_cache.misses", () => Interlocked.Read(ref _misses), "{row}", "Rows not found in the read cache.");
        meter.CreateObservableCounter(
            "axvault.read_cache.stale",
            () => Interlocked.Read(ref _stale),
            "{request}",
            "Requests that were decided again, because a cached row had changed."
        );
    }

    /// <summary>Counts a lookup.</summary>
    public void LookedUp(bool found) => Interlocked.Increment(ref found ? ref _hits : ref _misses);

    /// <summary>Counts a request that is decided again.</summary>
    public void WasStale() => Interlocked.Increment(ref _stale);
}
