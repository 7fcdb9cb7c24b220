using System.Globalization;
using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using Axvault.Tests.Refresh;
using Npgsql;

namespace Axvault.Tests.Telemetry;

/// <summary>A Prometheus that watched a server through every event, a database that does not answer included. Started by its first use.</summary>
public sealed class PrometheusFixture(VaultGraph graph) : IAsyncDisposable
{
    private OtlpReceiver? _receiver;
    private UpstreamDouble? _upstream;
    private RefreshLab? _lab;
    private PrometheusServer? _prometheus;
    private Task<PrometheusServer>? _started;

    /// <summary>The spans that the server exported.</summary>
    internal IReadOnlyList<OtlpSpan> Spans => _receiver!.Spans;

    /// <summary>Returns the Prometheus, and starts it at the first call.</summary>
    internal Task<PrometheusServer> StartedAsync() => _started ??= StartAsync();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var part in new IAsyncDisposable?[] { _prometheus, _lab, _receiver, _upstream })
        {
            if (part is not null)
            {
                await part.DisposeAsync();
            }
        }
    }

    private async Task<PrometheusServer> StartAsync()
    {
        var port = FreePort.Next();
        _receiver = await OtlpReceiver.StartAsync();
        _upstream = await UpstreamDouble.StartAsync();
        _lab = await RefreshLab.StartAsync(
            graph,
            1,
            [
                ("AXVAULT_METRICS_PORT", port.ToString(CultureInfo.InvariantCulture)),
                ("AXVAULT_REFRESH_SWEEP_INTERVAL", "1"),
                ("AXVAULT_UPSTREAM_ANTHROPIC_URL", _upstream.Url),
                .. _receiver.Variables.Select(static variable => (variable.Key, variable.Value)),
            ]
        );
        _prometheus = await PrometheusServer.StartAsync(port);
        using var admin = _lab.Admin();
        await BrokeredCalls.MakeAsync(admin, _lab.Servers[0].Address, _upstream);
        await LiveAsync(_lab);

        // The rates of the last events need more than three samples.
        await Until.HoldsAsync(
            async () =>
                (
                    await _prometheus.QueryAsync(
                        "count_over_time(db_client_operation_failed_total[1m]) > 3"
                            + " and on () count_over_time(db_client_connection_npgsql_timeouts_total[1m]) > 3"
                            + " and on () axvault_refresh_next_expiry_seconds"
                    )
                ).Count > 0,
            "Prometheus has scraped the events"
        );
        await Until.HoldsAsync(
            () => Spans.Any(static span => span is { Name: "authenticate", IsError: true }),
            "the spans of the last events have been exported"
        );
        return _prometheus;
    }

    private async Task LiveAsync(RefreshLab lab)
    {
        using var admin = lab.Admin();
        await lab.PutDueAsync("refreshed");
        (await admin.GetAsync("credentials/refreshed")).Is(HttpStatusCode.OK);
        var dead = await lab.Provider.IssueAsync("dead");
        lab.Proxy.Decide(request => request.RefreshToken == dead.RefreshToken ? Fault.Error("invalid_grant") : null);
        await lab.PutAsync("dead", dead);
        await lab.FallDueAsync(TimeSpan.FromMinutes(5), "dead");
        (await admin.GetAsync("credentials/dead")).Is(HttpStatusCode.OK);
        (await admin.GetAsync("credentials/none")).IsNotFound();
        // A private address is not fetched, and a rule that does not exist gives no key.
        (await admin.PutAsync("issuers/private", """{"issuer":"https://127.0.0.1"}""")).Is(HttpStatusCode.Created);
        using var anonymous = admin.With(null);
        using var form = new FormUrlEncodedContent(
            new Dictionary<string, string>
            {
                ["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer",
                ["assertion"] = "no-token",
                ["client_id"] = "none",
            }
        );
        (await anonymous.SendAsync(HttpMethod.Post, "token", form)).Is(HttpStatusCode.BadRequest);
        using var weak = await admin.WithNewKeyAsync();
        (await weak.GetAsync("credentials/refreshed")).IsForbidden();
        using var unknown = await admin.WithNewKeyAsync();
        await ExhaustAsync(lab, admin, unknown);
    }

    // While the table of credentials is locked, first the pool has no free connection, then statements and waits time out. Then the keys are locked too.
    // The last client uses a key that the server has not cached. With a cached key, the first query would be that of the audit entry.
    private async Task ExhaustAsync(RefreshLab lab, VaultClient admin, VaultClient unknown)
    {
        await using var source = NpgsqlDataSource.Create(lab.ConnectionString);
        await using var connection = await source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await LockAsync(transaction, "axvault.credential");

        // Concurrent reads share a few statements, but lists do not, so lists exhaust the pool.
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 40).Select(number => admin.GetAsync(number % 2 == 0 ? "credentials/refreshed" : "credentials?limit=1"))
        );

        Assert.All(answers, static answer => answer.IsUnavailable());
        await Until.HoldsAsync(() => Spans.Any(static span => span is { Name: "refresh sweep", IsError: true }), "a sweep has failed");
        await LockAsync(transaction, "axvault.api_key");
        (await unknown.GetAsync("credentials/refreshed")).IsUnavailable();
        await transaction.RollbackAsync(TestContext.Current.CancellationToken);

        // A cancelled operation does not count as failed, but one that the database refuses does.
        await DatabaseContents.ExecuteAsync(lab.ConnectionString, "alter table axvault.api_key rename to api_key_away");
        try
        {
            Assert.True((await unknown.GetAsync("credentials/refreshed")).Status >= HttpStatusCode.InternalServerError);
        }
        finally
        {
            await DatabaseContents.ExecuteAsync(lab.ConnectionString, "alter table axvault.api_key_away rename to api_key");
        }
    }

    private static async Task LockAsync(NpgsqlTransaction transaction, string table)
    {
        await using var command = new NpgsqlCommand($"lock table {table} in access exclusive mode", transaction.Connection, transaction);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
