using System.Diagnostics;
using Axvault.Api.Telemetry;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Telemetry;

/// <summary>The alerts and the dashboard, with a real Prometheus that scrapes a real server.</summary>
[Trait("Category", "Long")]
public sealed class PrometheusTests(PrometheusFixture watched) : IClassFixture<PrometheusFixture>
{
    private static IEnumerable<string> Queries => Deployment.PanelQueries.Concat(Deployment.AlertQueries);

    [Theory(Explicit = true)]
    [InlineData("check", "config", "prometheus.yml")]
    [InlineData("check", "rules", "alerts.yml")]
    [InlineData("test", "rules", "alerts.test.yml")]
    public async Task The_configuration_is_valid_and_the_rules_pass_their_tests(params string[] arguments)
    {
        var run = await PromtoolAsync(arguments, Deployment.PrometheusFolder);

        Assert.True(run.ExitCode == 0, $"{run.Output}\n{run.Errors}");
    }

    [Fact(Explicit = true)]
    public async Task Every_alert_is_evaluated_without_an_error()
    {
        var prometheus = await watched.StartedAsync();
        await Until.HoldsAsync(
            async () => (await prometheus.RulesAsync()).All(static rule => rule.GetProperty("health").GetString() != "unknown"),
            "every alert was evaluated"
        );

        var rules = await prometheus.RulesAsync();

        Assert.Equal(Deployment.Alerts.Select(static alert => alert.Name).Order(), rules.Select(static rule => rule.GetProperty("name").GetString()!).Order());
        Assert.All(rules, static rule => Assert.True(rule.GetProperty("health").GetString() == "ok", $"{rule}"));
    }

    [Fact(Explicit = true)]
    public async Task Every_watched_and_every_documented_built_in_metric_is_scraped()
    {
        var scraped = (await (await watched.StartedAsync()).ValuesAsync("__name__")).ToHashSet();
        var documented = DocumentTable.Below("Built in").Select(static row => row.Name("in Prometheus"));

        // The scraped server speaks HTTP, so it has no certificate.
        Assert.Empty(Queries.SelectMany(PromQl.Metrics).Distinct().Except(scraped).Except(["axvault_tls_certificate_expiry_seconds"]));
        Assert.All(documented, metric => Assert.True(scraped.Contains(metric) || scraped.Contains(metric + "_bucket"), metric));
    }

    [Fact(Explicit = true)]
    public async Task Every_label_in_a_query_is_scraped() =>
        Assert.Subset((await (await watched.StartedAsync()).LabelsAsync()).ToHashSet(), Queries.SelectMany(PromQl.Labels).ToHashSet());

    [Fact(Explicit = true)]
    public async Task Every_panel_shows_data()
    {
        var prometheus = await watched.StartedAsync();
        foreach (var query in Deployment.PanelQueries)
        {
            var result = await prometheus.QueryAsync(query);
            Assert.True(result.Count > 0, $"No data for: {query}");
        }
    }

    [Fact(Explicit = true)]
    public async Task The_scraped_metrics_show_the_events()
    {
        var prometheus = await watched.StartedAsync();
        foreach (
            var query in new[]
            {
                "axvault_refresh_credentials{axvault_refresh_status=\"failed\"} == 1",
                "axvault_authentication_outcomes_total{axvault_authentication_outcome=\"error\"} > 0",
                "axvault_authorization_decisions_total{axvault_authorization_outcome=\"denied\"} == 1",
                "max_over_time(db_client_connection_npgsql_pending_requests[5m]) > 0",
                "ALERTS{alertname=\"AxvaultLoginNeeded\"}",
            }
        )
        {
            // The value appears after the server's next count and Prometheus' next scrape.
            await Until.HoldsAsync(async () => (await prometheus.QueryAsync(query)).Count > 0, query);
        }
    }

    [Fact(Explicit = true)]
    public async Task A_failure_of_the_database_is_on_the_spans_it_affects()
    {
        await watched.StartedAsync();
        var failed = watched.Spans.Where(static span => span.Source == ServerSpans.SourceName && span.IsError).ToList();

        Assert.All(["authenticate", "credential load", "refresh sweep"], name =>
            Assert.Contains(failed, span => span.Name == name && span.ErrorType is "Npgsql.NpgsqlException" or "System.TimeoutException")
        );
        Assert.DoesNotContain(failed, static span => string.IsNullOrEmpty(span.ErrorType));
    }

    [Fact(Explicit = true)]
    public async Task Promtool_accepts_the_metrics_of_the_server()
    {
        var prometheus = await watched.StartedAsync();
        var target = Assert.Single(await prometheus.ValuesAsync("instance"));
        using var scraper = new VaultClient(new Uri($"http://{target}"), null);

        var run = await PromtoolAsync(["check", "metrics"], Deployment.PrometheusFolder, (await scraper.GetAsync("/metrics")).Text);

        // Exit code 3 means style only, such as the metric names of libraries.
        Assert.True(run.ExitCode is 0 or 3, run.Errors);
        Assert.DoesNotContain("axvault_", run.Output + run.Errors, StringComparison.Ordinal);
    }

    private static async Task<ProgramRun> PromtoolAsync(IEnumerable<string> arguments, string folder, string input = "")
    {
        var start = new ProcessStartInfo("promtool", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new ProgramRun(process.ExitCode, await output, await errors);
    }
}
