using System.Diagnostics.Metrics;
using Axvault.Api.Telemetry;

namespace Axvault.Api.RateLimits;

/// <summary>The metric of the limits.</summary>
internal sealed class RateLimitTelemetry
{
    private const string KindTag = "axvault.rate_limit.kind";

    // Observed, so that they are there from the start, as zero: an increase from nothing to one is none to Prometheus.
    private readonly long[] _rejections = new long[Enum.GetValues<LimitKind>().Length];

    /// <summary>Makes the instrument.</summary>
    public RateLimitTelemetry(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);

        meters.Create(VaultSpans.SourceName).CreateObservableCounter("axvault.rate_limit.rejections", Rejections, "{request}", "Requests that were refused by a limit.");
    }

    /// <summary>Counts a request that was refused.</summary>
    public void Rejected(LimitKind kind) => Interlocked.Increment(ref _rejections[(int)kind]);

    private IEnumerable<Measurement<long>> Rejections() =>
        Enum.GetValues<LimitKind>().Select(kind => new Measurement<long>(Interlocked.Read(ref _rejections[(int)kind]), new KeyValuePair<string, object?>(KindTag, kind.Name())));
}
