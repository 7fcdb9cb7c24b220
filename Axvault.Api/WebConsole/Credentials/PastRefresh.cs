using System.Globalization;
using System.Text.RegularExpressions;
using Axvault.Api.WebConsole.Layout;
using Axvault.Client;

namespace Axvault.Api.WebConsole.Credentials;

/// <summary>A refresh, as its audit entry tells it.</summary>
/// <param name="At">The time.</param>
/// <param name="Succeeded"><see langword="true"/> when there are new tokens; otherwise <see langword="false"/>.</param>
/// <param name="Took">The time that the provider took; <see langword="null"/> when nothing was sent, or the entry does not tell.</param>
/// <param name="Reason">The provider, and the reason of a failure.</param>
public sealed partial record PastRefresh(DateTimeOffset At, bool Succeeded, TimeSpan? Took, string? Reason)
{
    /// <summary>The number of refreshes that are shown.</summary>
    internal const int Shown = 60;

    // The scale of the bars is logarithmic, for one provider takes 30 ms and another one 30 s.
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(100);

    /// <summary>Returns the refreshes of audit entries, the oldest first.</summary>
    internal static IReadOnlyList<PastRefresh> Of(IReadOnlyList<AuditEntry> entries) =>
        // The entry of a call that ordered a refresh has a key. The refresh itself has an entry of its own, without one.
        [
            .. entries
                .Where(static entry => entry.KeyId is null)
                .Take(Shown)
                .Select(static entry => new PastRefresh(entry.At, entry.Outcome == "success", TookOf(entry.Reason), entry.Reason))
                .Reverse(),
        ];

    /// <summary>Returns the height of a bar, from 0 for 10 ms or less to 1 for 100 s or more.</summary>
    internal static double HeightOf(TimeSpan took) => Math.Clamp(Math.Log10(took / Shortest) / Math.Log10(Longest / Shortest), 0, 1);

    /// <summary>Returns the median and the slowest duration in words.</summary>
    internal static string Describe(IReadOnlyList<PastRefresh> refreshes)
    {
        var times = refreshes.Select(static refresh => refresh.Took).OfType<TimeSpan>().Order().ToList();
        if (times.Count == 0)
        {
            return "No duration is recorded.";
        }

        var median = (times[(times.Count - 1) / 2] + times[times.Count / 2]) / 2;
        return $"The provider took {Words.Duration(median)} in the median, and {Words.Duration(times[^1])} at most.";
    }

    private static TimeSpan? TookOf(string? reason) =>
        Told().Match(reason ?? "") is { Success: true } told
            ? TimeSpan.FromMilliseconds(int.Parse(told.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture))
            : null;

    // As RefreshWords writes it: "anthropic, 312 ms; version …" or "anthropic, 312 ms: Transient http_503".
    [GeneratedRegex("^[a-z0-9_]+, ([0-9]{1,9}) ms(?![^:;])")]
    private static partial Regex Told();
}
