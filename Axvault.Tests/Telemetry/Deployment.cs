using System.Text.Json;
using System.Text.RegularExpressions;
using Axvault.Tests.Conventions;

namespace Axvault.Tests.Telemetry;

/// <summary>What the folder deploy watches a fleet with.</summary>
internal static partial class Deployment
{
    /// <summary>The folder of Prometheus' files.</summary>
    public static string PrometheusFolder { get; } = Path.Combine(SourceTree.Root, "deploy", "prometheus");

    /// <summary>The names and severities of the alerts.</summary>
    public static IReadOnlyList<(string Name, string Severity)> Alerts =>
        [.. Alert().Matches(File.ReadAllText(Path.Combine(PrometheusFolder, "alerts.yml"))).Select(static alert => (alert.Groups[1].Value, alert.Groups[2].Value))];

    /// <summary>The queries of the alerts.</summary>
    public static IReadOnlyList<string> AlertQueries =>
        [.. AlertQuery().Matches(File.ReadAllText(Path.Combine(PrometheusFolder, "alerts.yml"))).Select(static query => query.Groups[1].Value)];

    /// <summary>The panels of the dashboard, rows apart.</summary>
    public static IReadOnlyList<JsonElement> Panels => [.. Dashboard.GetProperty("panels").EnumerateArray().Where(static panel => panel.GetProperty("type").GetString() != "row")];

    /// <summary>The dashboard.</summary>
    public static JsonElement Dashboard { get; } = Read();

    /// <summary>The queries of the dashboard, as Grafana would send them for every server.</summary>
    public static IReadOnlyList<string> PanelQueries =>
    [
        .. Panels.SelectMany(static panel => panel.GetProperty("targets").EnumerateArray()).Select(static target => target.GetProperty("expr").GetString()!)
            .Select(static query => query.Replace("$job", ".*", StringComparison.Ordinal).Replace("$instance", ".*", StringComparison.Ordinal).Replace("$__rate_interval", "1m", StringComparison.Ordinal)),
    ];

    private static JsonElement Read()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(SourceTree.Root, "deploy", "grafana", "axvault.json")));
        return document.RootElement.Clone();
    }

    [GeneratedRegex(@"- alert: (\w+)\n(?:(?!- alert:).*\n)*?\s+labels: \{ severity: (\w+) \}")]
    private static partial Regex Alert();

    // On one line, or on those that are indented more.
    [GeneratedRegex(@"^ {8}expr: (?:\|\n)?((?:.+\n)(?: {10,}.+\n)*)", RegexOptions.Multiline)]
    private static partial Regex AlertQuery();
}
