using Axvault.Api.Database;
using Axvault.Api.Encryption;
using Axvault.Api.Startup;
using Axvault.Api.Stored;
using Axvault.Api.Telemetry;
using Axvault.ServiceDefaults;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OpenTelemetry.Trace;

namespace Axvault.Tests.Telemetry;

/// <summary>The values of the metrics.</summary>
[Collection(nameof(TelemetryShare))]
public sealed class MetricsServerTests(TelemetryFixture telemetry, VaultGraph graph)
{
    [Theory]
    [InlineData("missing", 1)]
    [InlineData("malformed", 1)]
    [InlineData("unknown", 1)]
    public void Each_request_is_counted_by_its_authentication_outcome(string outcome, double count) =>
        Assert.Equal(count, telemetry.Scrape.Value("axvault_authentication_outcomes_total", "axvault_authentication_outcome", outcome));

    [Theory]
    [InlineData("read")]
    [InlineData("write")]
    [InlineData("grant")]
    public void Denied_access_is_counted_by_its_kind(string access) =>
        Assert.Equal(1, Assert.Single(Decisions("denied"), sample => sample.Labels["axvault_authorization_access"] == access).Value);

    [Fact]
    public void Allowed_access_is_counted_by_its_kind() =>
        Assert.Equal(["grant", "read", "use", "write"], Decisions("allowed").Select(static sample => sample.Labels["axvault_authorization_access"]).Order());

    [Theory]
    [InlineData("not_authentic", 1)]
    [InlineData("unknown_key", 0)]
    [InlineData("unknown_format", 0)]
    public void Each_kind_of_decryption_failure_is_counted_from_zero(string kind, double count) =>
        Assert.Equal(count, telemetry.Scrape.Value("axvault_encryption_failures_total", "error_type", kind));

    [Fact]
    public void A_refresh_is_counted_by_its_outcome()
    {
        var outcomes = telemetry.Scrape.Of("axvault_refresh_outcomes_total").ToDictionary(static sample => sample.Labels["axvault_refresh_outcome"]);

        Assert.Equal(1, outcomes["refreshed"].Value);
        var failed = outcomes["failed"];
        Assert.Equal(
            (1, "permanent", "invalid_grant", "lab"),
            (failed.Value, failed.Labels["axvault_refresh_failure"], failed.Labels["error_type"], failed.Labels["axvault_provider"])
        );
    }

    [Fact]
    public void Durations_have_buckets_of_their_own_size()
    {
        Assert.Contains(telemetry.Scrape.Of("axvault_refresh_duration_seconds"), static sample => sample.Labels.GetValueOrDefault("le") == "0.25");
        Assert.Contains(telemetry.Scrape.Of("axvault_refresh_exposure_seconds"), static sample => sample.Labels.GetValueOrDefault("le") == "0.0025");
    }

    [Fact]
    public void The_name_of_the_pool_reveals_nothing_of_the_database() =>
        Assert.Equal(
            ["vaultdb"],
            telemetry.Scrape.Of("db_client_connection_count").Select(static sample => sample.Labels["db_client_connection_pool_name"]).Distinct()
        );

    [Fact]
    public void The_service_has_its_configured_name_and_version()
    {
        // The name comes from the variables of the receiver, which override the name of the program.
        var target = Assert.Single(telemetry.Scrape.Of("target_info")).Labels;
        Assert.Equal("axvault-under-test", target["service_name"]);
        Assert.Equal("0.2.0", target["service_version"]);
    }

    [Fact]
    public async Task Credentials_are_counted_by_type_and_remaining_lifetime()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using (var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString)))
        {
            using var admin = server.Client(server.BootstrapSecret);
            await PutOneOfEachAsync(admin);
        }

        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        var census = await new CredentialStore(source, new StatementPreparation(NullLogger<StatementPreparation>.Instance)).CountAsync(
            TestContext.Current.CancellationToken
        );

        Assert.Equal(
            [
                ("api-key", "none", 1L),
                ("oauth-credentials", "1d", 1L),
                .. ExpiryClass.All.Order(StringComparer.Ordinal).Select(static expiry => ("oauth-token", expiry, 1L)),
            ],
            census
                .ByTypeAndExpiry.Select(static count => (count.Key.Type, count.Key.Expiry, count.Value))
                .OrderBy(static count => count.Type, StringComparer.Ordinal)
                .ThenBy(static count => count.Expiry, StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("http://127.0.0.1:4317", true)]
    public void Spans_are_created_only_when_they_are_exported(string endpoint, bool made)
    {
        var builder = ServerHost.CreateBuilder(
            new Dictionary<string, string?>
            {
                [EncryptionOptions.KeySetting.Variable] = ServerSettings.DefaultKey,
                [DatabaseOptions.UrlSetting.Variable] = "postgresql://unused/unused",
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint,
            }
        );
        Assert.True(AxvaultOptions.TryRead(builder.Configuration, out var options, out _));
        builder.AddServiceDefaults(ServerVersion.Text, options.LogLevel);
        builder.AddServer(options);

        Assert.Equal(made, builder.Services.Any(static service => service.ServiceType == typeof(TracerProvider)));
    }

    // Puts a credential of each type and each remaining lifetime.
    private static async Task PutOneOfEachAsync(VaultClient admin)
    {
        foreach (
            var (name, left) in new (string, TimeSpan?)[]
            {
                ("past", TimeSpan.FromMinutes(-1)),
                ("soon", TimeSpan.FromMinutes(59)),
                ("today", TimeSpan.FromHours(23)),
                ("this-week", TimeSpan.FromDays(6)),
                ("some-day", TimeSpan.FromDays(8)),
                ("never", null),
            }
        )
        {
            (
                await admin.PutAsync(
                    $"credentials/{name}",
                    new
                    {
                        type = "oauth-token",
                        data = new { a = 1 },
                        expiresAt = DateTimeOffset.UtcNow + left,
                    }
                )
            ).Is(System.Net.HttpStatusCode.Created);
        }

        // For a refreshable credential without an expiry of its own, the expiry of the access token counts.
        (
            await admin.PutAsync(
                "credentials/refreshable",
                new
                {
                    type = "oauth-credentials",
                    data = new
                    {
                        access_token = "a",
                        refresh_token = "r",
                        expires_at = DateTimeOffset.UtcNow.AddHours(2).ToUnixTimeMilliseconds(),
                    },
                }
            )
        ).Is(System.Net.HttpStatusCode.Created);
        (await admin.PutCredentialAsync("key")).Is(System.Net.HttpStatusCode.Created);
    }

    private IEnumerable<Sample> Decisions(string outcome) =>
        telemetry.Scrape.Of("axvault_authorization_decisions_total").Where(sample => sample.Labels["axvault_authorization_outcome"] == outcome);
}
