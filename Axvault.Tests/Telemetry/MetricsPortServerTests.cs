using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Telemetry;

/// <summary>The port that Prometheus scrapes.</summary>
[Collection(nameof(TelemetryShare))]
public sealed class MetricsPortServerTests(TelemetryFixture telemetry)
{
    [Fact]
    public void A_scrape_has_the_metrics_of_the_server_and_its_libraries() =>
        Assert.All(
            [
                ("axvault_authentication_outcomes_total", "counter"),
                ("axvault_refresh_duration_seconds", "histogram"),
                ("axvault_vault_credentials", "gauge"),
                ("http_server_request_duration_seconds", "histogram"),
                ("db_client_connection_count", "gauge"),
                ("dotnet_process_memory_working_set_bytes", "gauge"),
            ],
            metric => Assert.Equal(metric.Item2, telemetry.Scrape.Types.GetValueOrDefault(metric.Item1))
        );

    [Fact]
    public async Task The_metrics_port_serves_only_metrics_and_no_other_port_does()
    {
        using var scraper = telemetry.Scraper();
        using var admin = telemetry.Lab.Admin();
        using var intruder = scraper.With(admin.Secret);

        foreach (
            var path in new[]
            {
                "/",
                "/alive",
                "/health",
                "/api/v1/health",
                "/api/v1/keys",
                $"/api/v1/credentials/{TelemetryFixture.Refreshed}",
                "/metrics/",
                "/metrics/more",
                "/Metrics/x",
            }
        )
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
    public async Task The_metrics_are_chosen_by_the_socket_and_not_by_the_host_header()
    {
        using var scraper = telemetry.Scraper();
        using var admin = telemetry.Lab.Admin();
        var metrics = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{telemetry.MetricsPort}");

        (await admin.SendAsync(HttpMethod.Get, "/metrics", headers: headers => headers.Host = metrics)).IsNotFound();
        using var intruder = scraper.With(admin.Secret);
        var server = telemetry.Lab.Servers[0].Address.Authority;
        Assert.Equal(HttpStatusCode.NotFound, (await intruder.SendAsync(HttpMethod.Get, "keys", headers: headers => headers.Host = server)).Status);
    }

    [Fact]
    public async Task Scrapes_are_not_counted_as_requests()
    {
        // A server of its own: requests of other tests to a shared server would be counted too.
        var port = FreePort.Next();
        await using var server = await LaunchWithoutDatabaseAsync(port);
        using var scraper = Scraper(port);
        using var client = server.Client();

        Assert.Equal(0, await RequestsAsync(scraper));
        Assert.Equal(HttpStatusCode.NotFound, (await scraper.GetAsync("/nothing")).Status);
        (await client.GetAsync("health")).IsUnavailable();

        await Until.HoldsAsync(async () => await RequestsAsync(scraper) >= 1, "the request to the API port is counted");
        Assert.Equal(1, await RequestsAsync(scraper));
    }

    [Fact]
    public async Task Metrics_are_served_while_the_database_is_away()
    {
        var port = FreePort.Next();
        await using var server = await LaunchWithoutDatabaseAsync(port);
        using var scraper = Scraper(port);
        var answer = await scraper.GetAsync("/metrics");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.NotEmpty(Scrape.Parse(answer.Text).Of("dotnet_process_memory_working_set_bytes"));
        using var client = server.Client();
        (await client.GetAsync("health")).IsUnavailable();
    }

    [Fact]
    public async Task A_metrics_port_in_use_ends_the_start_and_is_named()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        await using var server = await VaultServer.RunToEndAsync(
            new ServerSettings("postgresql://127.0.0.1:1/x") { Variables = Port(((IPEndPoint)listener.LocalEndpoint).Port) }
        );

        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.Contains("AXVAULT_METRICS_PORT", Assert.Single(server.Errors), StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Port(int port) => new() { ["AXVAULT_METRICS_PORT"] = port.ToString(CultureInfo.InvariantCulture) };

    private static async Task<VaultServer> LaunchWithoutDatabaseAsync(int port)
    {
        var server = VaultServer.Launch(new ServerSettings("postgresql://127.0.0.1:1/x") { Variables = Port(port) });
        await server.WaitForOutputAsync(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"));
        return server;
    }

    private static VaultClient Scraper(int port) => new(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")), null);

    private static async Task<double> RequestsAsync(VaultClient scraper) =>
        Scrape
            .Parse((await scraper.GetAsync("/metrics")).Text)
            .Samples.Where(static sample => sample.Name == "http_server_request_duration_seconds_count")
            .Sum(static sample => sample.Value);
}
