using System.Diagnostics.Metrics;
using Axvault.Api.Telemetry;

namespace Axvault.Api.RateLimits;

/// <summary>The metric of the limits.</summary>
internal sealed class RateLimitTelemetry
{
    private const string KindTag = "axvault.rate_limit.kind";

    // Observed, so that the series exist from the start as zero. Prometheus sees no increase in a series that begins at one.
    private readonly long[] _rejections = new long[Enum.GetValues<LimitKind>().Length];

    /// <summary>Creates the instrument.</summary>
    public RateLimitTelemetry(IMeterFactory meters)
    {
        meters
            .Create(ServerSpans.SourceName)
            .CreateObservableCounter("axvault.rate_limit.rejections", Rejections, "{request}", "Requests that were refused by a limit.");
    }

    /// <summary>Counts a refused request.</summary>
    public void Rejected(LimitKind kind) => Interlocked.Increment(ref _rejections[(int)kind]);

    private IEnumerable<Measurement<long>> Rejections() =>
        Enum.GetValues<LimitKind>()
            .Select(kind => new Measurement<long>(Interlocked.Read(ref _rejections[(int)kind]), new KeyValuePair<string, object?>(KindTag, kind.Name())));
}
