using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Refresh;

/// <summary>A refusal of the client is the operator's fault. It ends with other settings, on any server, without a put.</summary>
public sealed class RefreshSettingsServerTests(VaultGraph graph)
{
    private static readonly (string, string) Id = ("AXVAULT_OAUTH_LAB_CLIENT_ID", ProviderClient.ConfidentialId);

    [Fact]
    public async Task A_corrected_client_secret_brings_the_credential_back_without_a_put()
    {
        await using var lab = await RefreshLab.StartAsync(graph, 1, Id, Secret("wrong"));
        var first = await PutDueAsync(lab, "secret");
        using (var admin = lab.Admin())
        {
            for (var n = 0; n < 3; n++)
            {
                var refresh = (await admin.GetAsync("credentials/secret")).IsRefreshFailed().Refresh();
                Assert.Equal(
                    ("misconfigured", "invalid_client"),
                    (refresh.GetProperty("status").GetString(), refresh.GetProperty("error").GetString())
                );
            }

            var listed = (await admin.GetAsync("credentials")).Json.GetProperty("credentials")[0].GetProperty("refresh");
            Assert.Equal("misconfigured", listed.GetProperty("status").GetString());
        }

        Assert.Single(lab.RequestsWith(first.RefreshToken));
        Assert.False((await DatabaseContents.ReadAsync(lab.ConnectionString)).Holds(ProviderClient.ConfidentialSecret));
        using var again = lab.Admin(await lab.AddServerAsync(Secret(ProviderClient.ConfidentialSecret)));
        Assert.Equal("ok", (await again.GetAsync("credentials/secret")).IsRefreshed().Status());
        Assert.Equal(2, lab.RequestsWith(first.RefreshToken).Count);
    }

    [Fact]
    public async Task Servers_with_different_wrong_settings_ask_once_each()
    {
        await using var lab = await RefreshLab.StartAsync(graph, 1, Id, Secret("wrong"));
        var other = await lab.AddServerAsync(Secret("wrong, too"));
        var first = await PutDueAsync(lab, "fleet");
        using var one = lab.Admin();
        using var two = lab.Admin(other);
        for (var n = 0; n < 4; n++)
        {
            (await one.GetAsync("credentials/fleet")).IsRefreshFailed();
            (await two.GetAsync("credentials/fleet")).IsRefreshFailed();
        }

        Assert.Equal(2, lab.RequestsWith(first.RefreshToken).Count);
    }

    [Fact]
    public async Task The_sweep_retries_with_corrected_settings()
    {
        await using var lab = await RefreshLab.StartAsync(graph, 1, Id, Secret("wrong"));
        await PutDueAsync(lab, "swept");
        using var admin = lab.Admin();
        Assert.Equal("misconfigured", (await admin.GetAsync("credentials/swept")).IsRefreshFailed().Status());
        await lab.FallDueAsync(TimeSpan.FromMinutes(-5), "swept");

        await lab.AddServerAsync(Secret(ProviderClient.ConfidentialSecret), ("AXVAULT_REFRESH_SWEEP_INTERVAL", "1"));

        await Until.HoldsAsync(async () => (await admin.GetAsync("credentials/swept")).Status() == "ok", "the sweep has refreshed the credential");
    }

    [Fact]
    public async Task Failures_that_may_pass_are_final_after_four_days()
    {
        await using var lab = await RefreshLab.StartAsync(graph);
        var first = await lab.PutDueAsync("days");
        lab.Proxy.Always(Fault.Answer(503));
        using var admin = lab.Admin();
        Assert.Equal("retrying", (await admin.GetAsync("credentials/days")).IsRefreshFailed().Status());
        await AgeAsync(lab, "95 hours");
        Assert.Equal("retrying", (await admin.GetAsync("credentials/days")).IsRefreshFailed().Status());
        await AgeAsync(lab, "2 hours");
        Assert.Equal("failed", (await admin.GetAsync("credentials/days")).IsRefreshFailed().Status());
        await lab.FallDueAsync(TimeSpan.FromMinutes(-5), "days");
        (await admin.GetAsync("credentials/days")).IsRefreshFailed();
        Assert.Equal(3, lab.RequestsWith(first.RefreshToken).Count);
    }

    private static (string, string) Secret(string secret) => ("AXVAULT_OAUTH_LAB_CLIENT_SECRET", secret);

    private static async Task<IssuedTokens> PutDueAsync(RefreshLab lab, string name)
    {
        using var client = new ProviderClient(new Uri(lab.Provider.TokenUrl, "/"), confidential: true);
        var issued = await client.IssueAsync(name);
        await lab.PutAsync(name, issued);
        await lab.FallDueAsync(TimeSpan.FromMinutes(5), name);
        return issued;
    }

    private static async Task AgeAsync(RefreshLab lab, string interval)
    {
        await DatabaseContents.ExecuteAsync(
            lab.ConnectionString,
            $"update axvault.credential_refresh set failing_since = failing_since - interval '{interval}'"
        );
        await lab.FallDueAsync(TimeSpan.FromMinutes(5));
    }
}
