using System.Text.Json;
using System.Text.RegularExpressions;

namespace Axvault.Tests.Telemetry;

/// <summary>Checks of the dashboard and the alerts that need neither Grafana nor Prometheus.</summary>
public sealed partial class DeploymentTests
{
    [Fact]
    public void The_dashboard_and_the_alerts_read_only_documented_metrics()
    {
        var documented = DocumentTable
            .Below("Metrics")
            .Concat(DocumentTable.Below("Built in"))
            .Select(static row => row.Name("in Prometheus"))
            .Append("up")
            .ToHashSet();

        var read = Deployment
            .PanelQueries.Concat(Deployment.AlertQueries)
            .SelectMany(PromQl.Metrics)
            .Select(static name => Series().Replace(name, ""))
            .ToHashSet();

        Assert.Subset(documented, read);
        Assert.Equal(
            documented.Where(static name => name.StartsWith("axvault_", StringComparison.Ordinal)).Order(),
            read.Where(static name => name.StartsWith("axvault_", StringComparison.Ordinal)).Order()
        );
    }

    [Fact]
    public void Every_alert_is_documented_with_its_severity() =>
        Assert.Equal(Deployment.Alerts, DocumentTable.Below("Alerts").Select(static row => (row.Name("alert"), row["severity"])));

    [Fact]
    public void Every_alert_is_tested()
    {
        var tests = File.ReadAllText(Path.Combine(Deployment.PrometheusFolder, "alerts.test.yml"));

        Assert.NotEmpty(Deployment.Alerts);
        Assert.Equal(Deployment.Alerts.Count, Deployment.AlertQueries.Count);
        Assert.All(Deployment.Alerts, alert => Assert.Matches($@"- alertname: {alert.Name}\n\s+eval_time: \w+\n\s+exp_alerts:\n\s+- exp_labels", tests));
    }

    [Fact]
    public void Every_panel_has_a_description_and_uses_the_chosen_data_source()
    {
        Assert.All(Deployment.Panels, static panel =>
        {
            Assert.False(string.IsNullOrEmpty(panel.GetProperty("title").GetString()));
            Assert.False(string.IsNullOrEmpty(panel.GetProperty("description").GetString()));
            Assert.All(panel.GetProperty("targets").EnumerateArray().Append(panel), static part =>
                Assert.Equal("${datasource}", part.GetProperty("datasource").GetProperty("uid").GetString())
            );
        });
        var panels = Deployment.Dashboard.GetProperty("panels").EnumerateArray().ToList();
        Assert.Distinct(panels.Select(static panel => panel.GetProperty("id").GetInt32()));
        Assert.Distinct(panels.SelectMany(Cells));
    }

    [Fact]
    public void Every_query_of_a_panel_filters_by_the_chosen_servers() =>
        Assert.All(
            Deployment
                .Panels.SelectMany(static panel => panel.GetProperty("targets").EnumerateArray())
                .Select(static target => target.GetProperty("expr").GetString()!),
            static query => Assert.Equal(PromQl.Metrics(query).Count(), Chosen().Count(query))
        );

    [Fact]
    public void A_legend_names_labels_that_the_query_groups_by() =>
        Assert.All(Deployment.Panels.SelectMany(static panel => panel.GetProperty("targets").EnumerateArray()), static target =>
            Assert.Subset(
                PromQl.Labels(target.GetProperty("expr").GetString()!).ToHashSet(),
                LegendLabel().Matches(target.GetProperty("legendFormat").GetString()!).Select(static label => label.Groups[1].Value).ToHashSet()
            )
        );

    private static IEnumerable<(int, int)> Cells(JsonElement panel)
    {
        var place = panel.GetProperty("gridPos");
        var (x, y) = (place.GetProperty("x").GetInt32(), place.GetProperty("y").GetInt32());
        return from column in Enumerable.Range(x, place.GetProperty("w").GetInt32())
               from line in Enumerable.Range(y, place.GetProperty("h").GetInt32())
               select (column, line);
    }

    [GeneratedRegex("_(bucket|sum|count)$(?<!connection_count)")]
    private static partial Regex Series();

    [GeneratedRegex("""\{job=~"\$job", instance=~"\$instance"[,}]""")]
    private static partial Regex Chosen();

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex LegendLabel();
}
