using System.Globalization;

namespace Axvault.Bench.Load;

/// <summary>The result of a load.</summary>
/// <param name="Rate">The number of answers per second.</param>
/// <param name="P50">The median latency, in milliseconds.</param>
/// <param name="P99">The 99th percentile, in milliseconds.</param>
/// <param name="P999">The 99.9th percentile, in milliseconds.</param>
internal sealed record LoadResult(double Rate, double P50, double P99, double P999)
{
    /// <summary>Returns the median of each figure by itself.</summary>
    public static LoadResult Median(IReadOnlyCollection<LoadResult> loads) =>
        new(
            Medians.Of(loads.Select(static load => load.Rate)),
            Medians.Of(loads.Select(static load => load.P50)),
            Medians.Of(loads.Select(static load => load.P99)),
            Medians.Of(loads.Select(static load => load.P999))
        );

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Rate,8:0} {P50,8:0.00} {P99,8:0.00} {P999,8:0.00}");
}

/// <summary>Computes medians.</summary>
internal static class Medians
{
    /// <summary>Returns the middle value of an odd number of values, or the upper middle one of an even number.</summary>
    public static double Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
