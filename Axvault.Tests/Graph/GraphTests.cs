using System.Net;
using Aspire.Hosting.ApplicationModel;
using Axvault.Api.Keys;
using Axvault.Hosting.Keys;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
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
    public async Task The_bootstrap_secret_is_a_key_from_a_private_file_and_not_shown_in_the_dashboard()
    {
        var bootstrap = graph.Application.Services.GetRequiredKeyedService<BootstrapSecret>("api");
        var file = (await VariablesOfApiAsync())[BootstrapSecret.Variable]!;
        var secret = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);

        using var client = new VaultClient(graph.ApiUrl, secret);
        (await client.GetAsync("keys")).Is(HttpStatusCode.OK);

        Assert.Equal(bootstrap.Reveal(), secret);
        Assert.Equal("axv_sk_…", bootstrap.ToString());
        Assert.True(
            OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite),
            "Only the owner may read it."
        );
        Assert.DoesNotContain(secret, (await VariablesOfApiAsync()).Values);
        var console = await graph.ReadApiConsoleAsync(
            static line => line.Contains(BootstrapSecret.Variable, StringComparison.Ordinal),
            TestContext.Current.CancellationToken
        );
        Assert.DoesNotContain(console, static line => line.Contains("axv_sk_", StringComparison.Ordinal));
    }

    [Fact]
    public void A_bootstrap_secret_has_the_form_of_an_API_key() =>
        Assert.All(Enumerable.Range(0, 100), static attempt => Assert.True(ApiKeySecret.TryParse(BootstrapSecret.Create(), out _)));

    [Fact]
    public async Task The_API_listens_at_its_configured_address()
    {
        var variables = await VariablesOfApiAsync();

        var console = await graph.ReadApiConsoleAsync(
            static line => line.Contains("Now listening on", StringComparison.Ordinal),
            TestContext.Current.CancellationToken
        );
        Assert.Contains(console, line => line.Contains($"http://127.0.0.1:{variables["AXVAULT_PORT"]}", StringComparison.Ordinal));
        Assert.Equal("127.0.0.1", variables["AXVAULT_HOST"]);
    }

    [Fact]
    public async Task The_API_gets_the_connection_string_and_no_other_database_settings()
    {
        var variables = await VariablesOfApiAsync();

        Assert.Equal(
            ["AXVAULT_BOOTSTRAP_SECRET_FILE", "AXVAULT_ENCRYPTION_KEY", "AXVAULT_HOST", "AXVAULT_PORT"],
            // The settings of the OAuth provider come from the tests and not from the AppHost.
            variables
                .Keys.Where(static name =>
                    name.StartsWith("AXVAULT_", StringComparison.Ordinal) && !name.StartsWith("AXVAULT_OAUTH_", StringComparison.Ordinal)
                )
                .Order()
        );
        Assert.Contains("ConnectionStrings__vaultdb", variables.Keys);
        Assert.DoesNotContain(variables.Keys, static name => name.StartsWith("VAULTDB_", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task The_dashboard_links_to_health_console_and_reference_at_the_API_address()
    {
        var notifications = graph.Application.Services.GetRequiredService<ResourceNotificationService>();

        var api = await notifications.WaitForResourceAsync("api", static state => !state.Snapshot.Urls.IsEmpty, TestContext.Current.CancellationToken);

        var address = $"http://127.0.0.1:{graph.ApiUrl.Port}";
        Assert.Equal(
            [
                ($"{address} (health)", $"{address}/api/v1/health"),
                ("Console", $"{address}/console"),
                ("API reference", $"{address}/docs"),
                ("OpenAPI document", $"{address}/openapi/v1.json"),
            ],
            api.Snapshot.Urls.Select(static url => (url.DisplayProperties.DisplayName, url.Url)).OrderBy(static url => url.Url, StringComparer.Ordinal)
        );
    }

    [Fact]
    public void The_API_uses_no_development_certificate()
    {
        var api = graph.Application.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(static resource => resource.Name == "api");

        // Otherwise the dashboard warns on every page about an untrusted development certificate.
        Assert.False(api.TryGetLastAnnotation<HttpsCertificateAnnotation>(out var certificate) && certificate.UseDeveloperCertificate is not false);
    }

    [Fact]
    public async Task Telemetry_of_the_API_goes_to_the_dashboard()
    {
        var variables = await VariablesOfApiAsync();

        Assert.Equal("api", variables["OTEL_SERVICE_NAME"]);
    }

    // Returns the environment variables of the API process, as the dashboard shows them.
    private async Task<Dictionary<string, string?>> VariablesOfApiAsync()
    {
        var notifications = graph.Application.Services.GetRequiredService<ResourceNotificationService>();
        var api = await notifications.WaitForResourceAsync(
            "api",
            static state => state.Snapshot.EnvironmentVariables.Length > 0,
            TestContext.Current.CancellationToken
        );
        return api.Snapshot.EnvironmentVariables.ToDictionary(static variable => variable.Name, static variable => variable.Value);
    }
}
