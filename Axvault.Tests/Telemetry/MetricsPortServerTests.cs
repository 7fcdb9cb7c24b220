using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Axvault.Tests.Server;

namespace Axvault.Tests.Telemetry;

/// <summary>The port that Prometheus scrapes.</summary>
[Collection(nameof(TelemetryShare))]
public sealed class MetricsPortServerTests(TelemetryFixture told)
{
    [Fact]
    public void A_scrape_holds_the_metrics_of_the_server_and_of_what_it_is_built_on() =>
        Assert.All(
            [
                ("axvault_authentication_outcomes_total", "counter"),
                ("axvault_refresh_duration_seconds", "histogram"),
                ("axvault_vault_credentials", "gauge"),
                ("http_server_request_duration_seconds", "histogram"),
                ("db_client_connection_count", "gauge"),
                ("dotnet_process_memory_working_set_bytes", "gauge"),
            ],
            metric => Assert.Equal(metric.Item2, told.Scrape.Types.GetValueOrDefault(metric.Item1)));

    [Fact]
    public async Task Nothing_else_is_served_there_and_they_are_served_nowhere_else()
    {
        using var scraper = told.Scraper();
        using var admin = told.Lab.Admin();
        using var intruder = scraper.With(admin.Secret);

        foreach (var path in new[] { "/", "/alive", "/health", "/api/v1/health", "/api/v1/keys", $"/api/v1/credentials/{TelemetryFixture.Refreshed}", "/metrics/", "/metrics/more", "/Metrics/x" })
        {
            var answer = await intruder.GetAsync(path);
            Assert.Equal((HttpStatusCode.NotFound, ""), (answer.Status, answer.Text));
        }

        Assert.Equal(HttpStatusCode.NotFound, (await intruder.PutCredentialAsync("written-by-the-wrong-port")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await scraper.PostAsync("/metrics", "{}")).Status);
        (await admin.GetAsync("/metrics")).IsNotFound();
        (await admin.GetAsync("credentials/written-by-the-wrong-port")).IsNotFound();
    }

    [Fact]
    public async Task The_socket_decides_and_not_what_a_client_says_of_it()
    {
        using var scraper = told.Scraper();
        using var admin = told.Lab.Admin();
        var metrics = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{told.MetricsPort}");

        (await admin.SendAsync(HttpMethod.Get, "/metrics", headers: headers => headers.Host = metrics)).IsNotFound();
        Assert.Equal(HttpStatusCode.NotFound, (await scraper.With(admin.Secret).SendAsync(HttpMethod.Get, "keys", headers: headers => headers.Host = told.Lab.Servers[0].Address.Authority)).Status);
    }

    [Fact]
    public async Task Scrapes_are_not_counted_as_requests()
    {
        using var scraper = told.Scraper();
        var before = await RequestsAsync(scraper);
        Assert.Equal(HttpStatusCode.NotFound, (await scraper.GetAsync("/nothing")).Status);

        // Longer than an answer is kept for the next scrape.
        await Task.Delay(TimeSpan.FromMilliseconds(400), TestContext.Current.CancellationToken);
        Assert.Equal(before, await RequestsAsync(scraper));
    }

    [Fact]
    public async Task Metrics_are_served_while_the_database_is_away()
    {
        var port = FreePort.Next();
        await using var server = VaultServer.Launch(new ServerSettings("postgresql://127.0.0.1:1/x") { Variables = Port(port) });
        await server.WaitForOutputAsync(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"));

        using var scraper = new VaultClient(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")), null);
        var answer = await scraper.GetAsync("/metrics");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.NotEmpty(Scrape.Parse(answer.Text).Of("dotnet_process_memory_working_set_bytes"));
        using var client = server.Client();
        (await client.GetAsync("health")).IsUnavailable();
    }

    [Fact]
    public async Task A_port_for_metrics_that_is_taken_ends_the_start_and_is_named()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        await using var server = await VaultServer.RunToEndAsync(new ServerSettings("postgresql://127.0.0.1:1/x") { Variables = Port(((IPEndPoint)listener.LocalEndpoint).Port) });

        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.Contains("AXVAULT_METRICS_PORT", Assert.Single(server.Errors), StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Port(int port) => new() { ["AXVAULT_METRICS_PORT"] = port.ToString(CultureInfo.InvariantCulture) };

    // Those that went nowhere: other tests ask the same server for what there is.
    private static async Task<double> RequestsAsync(VaultClient scraper) => Scrape.Parse((await scraper.GetAsync("/metrics")).Text).Samples
        .Where(static sample => sample.Name == "http_server_request_duration_seconds_count" && !sample.Labels.ContainsKey("http_route"))
        .Sum(static sample => sample.Value);
}
