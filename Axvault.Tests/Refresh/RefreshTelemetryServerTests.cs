using System.Net;
using System.Text;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Refresh;

/// <summary>The telemetry of refresh over OTLP: it tells how refreshes go, and holds no token.</summary>
public sealed class RefreshTelemetryServerTests(VaultGraph graph)
{
    [Fact]
    public async Task Spans_metrics_and_logs_report_refreshes_without_tokens()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var lab = await RefreshLab.StartAsync(
            graph,
            1,
            [
                ("AXVAULT_REFRESH_SWEEP_INTERVAL", "1"),
                ("AXVAULT_LOG_LEVEL", "trace"),
                .. receiver.Variables.Select(static variable => (variable.Key, variable.Value)),
            ]
        );
        using var admin = lab.Admin();
        var good = await lab.PutDueAsync("good");
        var fresh = (await admin.GetAsync("credentials/good")).Is(HttpStatusCode.OK);
        var bad = await lab.Provider.IssueAsync("bad");
        lab.Proxy.Decide(request =>
            request.RefreshToken == bad.RefreshToken
                ? Fault.Answer(400, $$"""{"error":"{{bad.RefreshToken}}","error_description":"{{bad.AccessToken}}"}""")
                : null
        );
        await lab.PutAsync("bad", bad);
        await lab.FallDueAsync(TimeSpan.FromMinutes(5), "bad");
        (await admin.GetAsync("credentials/bad")).Is(HttpStatusCode.OK);

        string[] metrics =
        [
            "axvault.refresh.attempts",
            "axvault.refresh.outcomes",
            "axvault.refresh.duration",
            "axvault.refresh.exposure",
            "axvault.refresh.credentials",
            "axvault.refresh.next_expiry",
        ];
        await Until.HoldsAsync(() => metrics.All(metric => receiver.Holds("metrics", metric)), "the metrics have come");
        Assert.Equal(0, await lab.Servers[0].StopAsync());

        Assert.True(receiver.Holds("traces", "axvault.refresh.outcome"));
        Assert.True(receiver.Holds("traces", "axvault.credential.name"));
        Assert.True(receiver.Holds("metrics", "axvault.provider"));
        Assert.True(receiver.Holds("logs", "credential.refresh"));
        Assert.All([good.AccessToken, good.RefreshToken, fresh.Token("access_token"), fresh.Token("refresh_token"), bad.AccessToken, bad.RefreshToken], token =>
            Assert.False(receiver.Holds(Encoding.UTF8.GetBytes(token)), "A token has left.")
        );
    }
}
