using System.Text.Json.Serialization;
using Axvault.Api.Stored;

namespace Axvault.Api.Credentials.Overview;

/// <summary>The credentials that the key may read, in numbers.</summary>
/// <param name="Credentials">The number of credentials.</param>
/// <param name="DueWithinDay">The number that expire within 24 hours, and that the vault does not renew.</param>
/// <param name="Expired">The number that have expired, and that the vault does not renew.</param>
/// <param name="Attention">The number whose status is <c>failed</c>, <c>misconfigured</c>, <c>unknown</c> or <c>retrying</c>.</param>
/// <param name="ByStatus">The number for each status of the last refresh, as stored; <c>none</c> for never refreshed. A status without any is left out.</param>
/// <param name="ByType">The number for each type. A type without any is left out.</param>
/// <param name="Expiries">The expiries of the next seven days by hour, in their order. An hour without any is left out.</param>
internal sealed record OverviewResponse(
    long Credentials,
    long DueWithinDay,
    long Expired,
    long Attention,
    IReadOnlyDictionary<string, long> ByStatus,
    IReadOnlyDictionary<string, long> ByType,
    IReadOnlyList<ExpiryHourResponse> Expiries
)
{
    private static readonly string[] NeedingAttention = [.. RefreshStatus.NeedingAttention.Select(static status => status.Value)];

    /// <summary>Sums <paramref name="groups"/>.</summary>
    public static OverviewResponse Of(IReadOnlyCollection<OverviewGroup> groups) =>
        new(
            Sum(groups, static _ => true),
            Sum(groups, static group => group is { IsSoon: true, IsRenewed: false }),
            Sum(groups, static group => group is { IsExpired: true, IsRenewed: false }),
            Sum(groups, static group => NeedingAttention.Contains(group.Status)),
            SumBy(groups, static group => group.Status),
            SumBy(groups, static group => group.Type),
            [
                .. groups
                    .Where(static group => group.Hour is not null)
                    .GroupBy(static group => group.Hour!.Value)
                    .OrderBy(static hour => hour.Key)
                    .Select(static hour => new ExpiryHourResponse(
                        hour.Key,
                        Sum(hour, static group => group.IsRenewed),
                        Sum(hour, static group => !group.IsRenewed)
                    )),
            ]
        );

    private static long Sum(IEnumerable<OverviewGroup> groups, Func<OverviewGroup, bool> counts) => groups.Where(counts).Sum(static group => group.Count);

    private static SortedDictionary<string, long> SumBy(IEnumerable<OverviewGroup> groups, Func<OverviewGroup, string> key) =>
        new(groups.GroupBy(key).ToDictionary(static same => same.Key, static same => same.Sum(static group => group.Count)), StringComparer.Ordinal);
}

/// <summary>The access tokens that expire in one hour.</summary>
/// <param name="Start">The start of the hour (UTC).</param>
/// <param name="Refreshed">The number that the vault renews by itself.</param>
/// <param name="Ending">The number that end unless someone acts.</param>
internal sealed record ExpiryHourResponse(DateTimeOffset Start, long Refreshed, long Ending);

/// <summary>The JSON form of the bodies of this folder.</summary>
[JsonSerializable(typeof(OverviewResponse))]
internal sealed partial class OverviewJsonContext : JsonSerializerContext;
