using System.Text.RegularExpressions;

namespace Axvault.Tests.Telemetry;

/// <summary>The names in a PromQL query. It covers the part of the language that the dashboard and the alerts use.</summary>
internal static partial class PromQl
{
    private static readonly string[] Words = ["and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring"];

    /// <summary>Returns the metrics that <paramref name="query"/> reads.</summary>
    public static IEnumerable<string> Metrics(string query) =>
        Names().Matches(Grouping().Replace(Braces().Replace(query, ""), " ")).Select(static name => name.Value).Where(static name => !Words.Contains(name));

    /// <summary>Returns the labels that <paramref name="query"/> selects or groups by.</summary>
    public static IEnumerable<string> Labels(string query) =>
        Matchers()
            .Matches(query)
            .Select(static matcher => matcher.Groups[1].Value)
            .Concat(Grouping().Matches(query).SelectMany(static grouping => grouping.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries)))
            .Distinct();

    [GeneratedRegex("""\{[^}]*\}|\[[^\]]*\]|"[^"]*"|#.*""")]
    private static partial Regex Braces();

    [GeneratedRegex(@"\b(?:by|without|on|ignoring) \(([^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\b[a-z_:][a-z0-9_:]*\b(?!\s*\()")]
    private static partial Regex Names();

    [GeneratedRegex("([a-z_][a-z0-9_]*)(?:=~|!~|!=|=)\"")]
    private static partial Regex Matchers();
}
