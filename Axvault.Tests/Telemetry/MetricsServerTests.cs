using Axvault.Api.Configuration;
using Axvault.Api.Credentials;
using Axvault.Api.Startup;
using Axvault.ServiceDefaults;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using OpenTelemetry.Trace;

namespace Axvault.Tests.Telemetry;

/// <summary>What the metrics count.</summary>
[Collection(nameof(TelemetryShare))]
public sealed class MetricsServerTests(TelemetryFixture told, VaultGraph graph)
{
    [Theory]
    [InlineData("missing", 1)]
    [InlineData("malformed", 1)]
    [InlineData("unknown", 1)]
    public void Each_request_is_counted_by_what_came_of_its_key(string outcome, double count) =>
        Assert.Equal(count, told.Scrape.Value("axvault_authentication_outcomes_total", "axvault_authentication_outcome", outcome));

    [Theory]
    [InlineData("read")]
    [InlineData("write")]
    [InlineData("grant")]
    public void A_refused_access_is_counted_by_its_kind(string access) =>
        Assert.Equal(1, Assert.Single(Decisions("denied"), sample => sample.Labels["axvault_authorization_access"] == access).Value);

    [Fact]
    public void Allowed_access_is_counted_too() => Assert.Equal(["grant", "read", "write"], Decisions("allowed").Select(static sample => sample.Labels["axvault_authorization_access"]).Order());

    [Theory]
    [InlineData("not_authentic", 1)]
    [InlineData("unknown_key", 0)]
    [InlineData("unknown_format", 0)]
    public void Each_kind_of_envelope_that_did_not_open_is_counted_from_zero(string kind, double count) =>
        Assert.Equal(count, told.Scrape.Value("axvault_encryption_failures_total", "error_type", kind));

    [Fact]
    public void A_refresh_is_counted_by_what_came_of_it()
    {
        var outcomes = told.Scrape.Of("axvault_refresh_outcomes_total").ToDictionary(static sample => sample.Labels["axvault_refresh_outcome"]);

        Assert.Equal(1, outcomes["refreshed"].Value);
        var failed = outcomes["failed"];
        Assert.Equal((1, "permanent", "invalid_grant", "lab"), (failed.Value, failed.Labels["axvault_refresh_failure"], failed.Labels["error_type"], failed.Labels["axvault_provider"]));
    }

    [Fact]
    public void Times_are_counted_in_buckets_of_their_own_size()
    {
        Assert.Contains(told.Scrape.Of("axvault_refresh_duration_seconds"), static sample => sample.Labels.GetValueOrDefault("le") == "0.25");
        Assert.Contains(told.Scrape.Of("axvault_refresh_exposure_seconds"), static sample => sample.Labels.GetValueOrDefault("le") == "0.0025");
    }

    [Fact]
    public void The_pool_has_a_name_that_tells_nothing_of_the_database() =>
        Assert.Equal(["vaultdb"], told.Scrape.Of("db_client_connection_count").Select(static sample => sample.Labels["db_client_connection_pool_name"]).Distinct());

    [Fact]
    public void A_service_without_a_name_of_its_own_has_that_of_the_program()
    {
        // The receiver gives it one, which beats that of the program.
        var target = Assert.Single(told.Scrape.Of("target_info")).Labels;
        Assert.Equal("axvault-under-test", target["service_name"]);
        Assert.Equal("0.1.0", target["service_version"]);
    }

    [Fact]
    public async Task Credentials_are_counted_by_type_and_by_the_time_they_have_left()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using (var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString)))
        {
            using var admin = server.Client(server.BootstrapSecret);
            foreach (var (name, left) in new (string, TimeSpan?)[]
            {
                ("past", TimeSpan.FromMinutes(-1)), ("soon", TimeSpan.FromMinutes(59)), ("today", TimeSpan.FromHours(23)), ("this-week", TimeSpan.FromDays(6)), ("some-day", TimeSpan.FromDays(8)), ("never", null),
            })
            {
                (await admin.PutAsync($"credentials/{name}", new { type = "oauth-token", data = new { a = 1 }, expiresAt = DateTimeOffset.UtcNow + left })).Is(System.Net.HttpStatusCode.Created);
            }

            // Of what can be refreshed the access token's expiry counts, where its owner says nothing.
            (await admin.PutAsync("credentials/refreshable", new { type = "oauth-credentials", data = new { access_token = "a", refresh_token = "r", expires_at = DateTimeOffset.UtcNow.AddHours(2).ToUnixTimeMilliseconds() } })).Is(System.Net.HttpStatusCode.Created);
            (await admin.PutCredentialAsync("key")).Is(System.Net.HttpStatusCode.Created);
        }

        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        var census = await new CredentialStore(source).CountAsync(TestContext.Current.CancellationToken);

        Assert.Equal(
            [("api-key", "none", 1L), ("oauth-credentials", "1d", 1L), .. ExpiryClass.All.Order(StringComparer.Ordinal).Select(static expiry => ("oauth-token", expiry, 1L))],
            census.ByTypeAndExpiry.Select(static count => (count.Key.Type, count.Key.Expiry, count.Value)).OrderBy(static count => count.Type, StringComparer.Ordinal).ThenBy(static count => count.Expiry, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("http://127.0.0.1:4317", true)]
    public void Spans_are_made_only_when_they_are_exported(string endpoint, bool made)
    {
        var builder = VaultHost.CreateBuilder(new Dictionary<string, string?>
        {
            [Setting.EncryptionKey.Variable] = ServerSettings.DefaultKey,
            [Setting.DatabaseUrl.Variable] = "postgresql://unused/unused",
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint,
        });
        Assert.True(AxvaultOptionsReader.TryRead(builder.Configuration, out var options, out _));
        builder.AddServiceDefaults(options.LogLevel);
        builder.AddVault(options);

        Assert.Equal(made, builder.Services.Any(static service => service.ServiceType == typeof(TracerProvider)));
    }

    private IEnumerable<Sample> Decisions(string outcome) =>
        told.Scrape.Of("axvault_authorization_decisions_total").Where(sample => sample.Labels["axvault_authorization_outcome"] == outcome);
}
