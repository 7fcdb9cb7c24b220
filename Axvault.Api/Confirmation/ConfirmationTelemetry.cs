using System.Diagnostics.Metrics;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Confirmation;

/// <summary>The metrics of what is remembered.</summary>
internal sealed class ConfirmationTelemetry
{
    // Observed, so that they are there from the start, as zero: an increase from nothing to one is none to Prometheus.
    private long _hits;
    private long _misses;
    private long _stale;

    /// <summary>Makes the instruments.</summary>
    public ConfirmationTelemetry(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);

        var meter = meters.Create(VaultSpans.SourceName);
        meter.CreateObservableCounter("axvault.memory.hits", () => Interlocked.Read(ref _hits), "{row}", "Rows of keys and credentials that came from memory.");
        meter.CreateObservableCounter("axvault.memory.misses", () => Interlocked.Read(ref _misses), "{row}", "Rows that could have come from memory, and were read from the database.");
        meter.CreateObservableCounter("axvault.memory.stale", () => Interlocked.Read(ref _stale), "{request}", "Requests that were decided anew, because what they were decided by had changed.");
    }

    /// <summary>Counts a row that was looked for in memory.</summary>
    public void LookedUp(bool found) => Interlocked.Increment(ref found ? ref _hits : ref _misses);

    /// <summary>Counts a request that is decided anew.</summary>
    public void WasStale() => Interlocked.Increment(ref _stale);
}
