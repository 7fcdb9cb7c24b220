using System.Text.Json;
using System.Text.RegularExpressions;
using Axvault.Tests.Harness;

namespace Axvault.Tests.Telemetry;

/// <summary>The monitoring files in the folder deploy: the dashboard, the alerts and the configuration of Prometheus.</summary>
internal static partial class Deployment
{
    /// <summary>The folder of the files for Prometheus.</summary>
    public static string PrometheusFolder { get; } = Path.Combine(SourceTree.Root, "deploy", "prometheus");

    /// <summary>The names and severities of the alerts.</summary>
    public static IReadOnlyList<(string Name, string Severity)> Alerts =>
        [
            .. Alert()
                .Matches(File.ReadAllText(Path.Combine(PrometheusFolder, "alerts.yml")))
                .Select(static alert => (alert.Groups[1].Value, alert.Groups[2].Value)),
        ];

    /// <summary>The queries of the alerts.</summary>
    public static IReadOnlyList<string> AlertQueries =>
        [.. AlertQuery().Matches(File.ReadAllText(Path.Combine(PrometheusFolder, "alerts.yml"))).Select(static query => query.Groups[1].Value)];

    /// <summary>The panels of the dashboard, without its rows.</summary>
    public static IReadOnlyList<JsonElement> Panels =>
        [.. Dashboard.GetProperty("panels").EnumerateArray().Where(static panel => panel.GetProperty("type").GetString() != "row")];

    /// <summary>The dashboard.</summary>
    public static JsonElement Dashboard { get; } = Read();

    /// <summary>The queries of the dashboard, as Grafana sends them when every server is chosen.</summary>
    public static IReadOnlyList<string> PanelQueries =>
        [
            .. Panels
                .SelectMany(static panel => panel.GetProperty("targets").EnumerateArray())
                .Select(static target => target.GetProperty("expr").GetString()!)
                .Select(static query =>
                    query
                        .Replace("$job", ".*", StringComparison.Ordinal)
                        .Replace("$instance", ".*", StringComparison.Ordinal)
                        .Replace("$__rate_interval", "1m", StringComparison.Ordinal)
                ),
        ];

    private static JsonElement Read()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(SourceTree.Root, "deploy", "grafana", "axvault.json")));
        return document.RootElement.Clone();
    }

    [GeneratedRegex(@"- alert: (\w+)\n(?:(?!- alert:).*\n)*?\s+labels: \{ severity: (\w+) \}")]
    private static partial Regex Alert();

    // The query is on the same line, or on the following lines with a deeper indentation.
    [GeneratedRegex(@"^ {8}expr: (?:\|\n)?((?:.+\n)(?: {10,}.+\n)*)", RegexOptions.Multiline)]
    private static partial Regex AlertQuery();
}
