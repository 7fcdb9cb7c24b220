using System.Net;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.Tests.Graph;

public sealed class GraphTests(VaultGraph graph)
{
    [Theory]
    [InlineData("/health")]
    [InlineData("/alive")]
    [InlineData("/api/v1/health")]
    public async Task The_graph_is_healthy_and_the_API_answers(string path)
    {
        using var client = new HttpClient { BaseAddress = graph.ApiUrl, Timeout = TimeSpan.FromSeconds(10) };

        using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task The_bootstrap_secret_is_in_the_console_of_the_API()
    {
        var console = await graph.ReadApiConsoleAsync(static line => line.Contains("axv_sk_", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        Assert.Single(console, static line => line.Contains("axv_sk_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_API_binds_where_it_was_told_with_the_database_referenced()
    {
        var variables = await VariablesOfApiAsync();

        var console = await graph.ReadApiConsoleAsync(static line => line.Contains("Now listening on", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Contains(console, line => line.Contains($"http://127.0.0.1:{variables["AXVAULT_PORT"]}", StringComparison.Ordinal));
        Assert.Equal("127.0.0.1", variables["AXVAULT_HOST"]);
    }

    [Fact]
    public async Task The_API_gets_the_connection_string_alone()
    {
        var variables = await VariablesOfApiAsync();

        Assert.Equal(
            ["AXVAULT_ENCRYPTION_KEY", "AXVAULT_HOST", "AXVAULT_PORT"],
            // The provider is the tests' own.
            variables.Keys.Where(static name => name.StartsWith("AXVAULT_", StringComparison.Ordinal) && !name.StartsWith("AXVAULT_OAUTH_", StringComparison.Ordinal)).Order());
        Assert.Contains("ConnectionStrings__vaultdb", variables.Keys);
        Assert.DoesNotContain(variables.Keys, static name => name.StartsWith("VAULTDB_", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task The_dashboard_links_to_the_health_and_the_reference_of_the_API_at_the_address_that_it_listens_on()
    {
        var notifications = graph.Application.Services.GetRequiredService<ResourceNotificationService>();

        var api = await notifications.WaitForResourceAsync("api", static state => !state.Snapshot.Urls.IsEmpty, TestContext.Current.CancellationToken);

        var address = $"http://127.0.0.1:{graph.ApiUrl.Port}";
        Assert.Equal(
            [($"{address} (health)", $"{address}/api/v1/health"), ("API reference", $"{address}/docs"), ("OpenAPI document", $"{address}/openapi/v1.json")],
            api.Snapshot.Urls.Select(static url => (url.DisplayProperties.DisplayName, url.Url)).OrderBy(static url => url.Url, StringComparer.Ordinal));
    }

    [Fact]
    public void The_API_asks_for_no_certificate()
    {
        var api = graph.Application.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(static resource => resource.Name == "api");

        // Else the dashboard warns on every page of a development certificate that is not trusted.
        Assert.False(api.TryGetLastAnnotation<HttpsCertificateAnnotation>(out var certificate) && certificate.UseDeveloperCertificate is not false);
    }

    [Fact]
    public async Task Telemetry_of_the_API_goes_to_the_dashboard()
    {
        var variables = await VariablesOfApiAsync();

        Assert.Equal("api", variables["OTEL_SERVICE_NAME"]);
    }

    // What the process was started with, as the dashboard shows it.
    private async Task<Dictionary<string, string?>> VariablesOfApiAsync()
    {
        var notifications = graph.Application.Services.GetRequiredService<ResourceNotificationService>();
        var api = await notifications.WaitForResourceAsync("api", static state => state.Snapshot.EnvironmentVariables.Length > 0, TestContext.Current.CancellationToken);
        return api.Snapshot.EnvironmentVariables.ToDictionary(static variable => variable.Name, static variable => variable.Value);
    }
}
