using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Refresh;

/// <summary>The sweep refreshes credentials that no client reads before they expire.</summary>
public sealed class RefreshSweeperServerTests(VaultGraph graph)
{
    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task The_sweep_refreshes_expiring_credentials_once_and_no_others()
    {
        await using var lab = await RefreshLab.StartAsync(graph, servers: 3, ("AXVAULT_REFRESH_SWEEP_INTERVAL", "1"));
        string[] expiring = ["swept.1", "swept.2", "swept.3", "swept.4", "swept.5", "swept.6"];
        var tokens = new List<IssuedTokens>();
        var fresh = await lab.PutAsync("fresh");
        await lab.FallDueAsync(TimeSpan.FromHours(3), "fresh");
        foreach (var name in expiring)
        {
            var issued = await lab.Provider.IssueAsync(name);
            tokens.Add(issued);
            await lab.PutAsync(name, issued);
        }

        await lab.FallDueAsync(TimeSpan.FromMinutes(1), expiring);
        await lab.Proxy.WaitForRequestsAsync(expiring.Length);
        using var admin = lab.Admin();
        foreach (var name in expiring)
        {
            await Until.HoldsAsync(async () => (await ListedStatusAsync(admin, name)) == "ok", $"{name} is refreshed");
        }

        // Wait for a few more sweeps, in which nothing is due.
        await Task.Delay(TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken);
        Assert.All(tokens, issued => Assert.Single(lab.RequestsWith(issued.RefreshToken)));
        Assert.Equal(expiring.Length, lab.Proxy.Requests.Count);
        Assert.Equal(fresh.AccessToken, (await admin.GetAsync("credentials/fresh")).IsNotDue().Token("access_token"));
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task The_sweep_keeps_to_its_concurrency()
    {
        await using var lab = await RefreshLab.StartAsync(graph, servers: 1, ("AXVAULT_REFRESH_SWEEP_INTERVAL", "1"));
        lab.Proxy.Always(Fault.Hang);
        string[] names = ["bound.1", "bound.2", "bound.3", "bound.4", "bound.5", "bound.6"];
        foreach (var name in names)
        {
            await lab.PutAsync(name);
        }

        await lab.FallDueAsync(TimeSpan.FromMinutes(1));
        await lab.Proxy.WaitForRequestsAsync(4);

        // The four hang for ten seconds. A fifth request would come at once, or at a sweep of the next three seconds.
        await Task.Delay(TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken);
        Assert.Equal(4, lab.Proxy.Requests.Count);
        await lab.Proxy.WaitForRequestsAsync(names.Length);
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task The_sweep_reads_the_expiry_of_a_version_without_a_noted_one()
    {
        await using var lab = await RefreshLab.StartAsync(graph, servers: 1, ("AXVAULT_REFRESH_SWEEP_INTERVAL", "1"), ("AXVAULT_REFRESH_THRESHOLD", "7200"));
        using var admin = lab.Admin();
        var issued = await lab.Provider.IssueAsync("older");
        await lab.PutAsync("older", issued);
        await DatabaseContents.ExecuteAsync(
            lab.ConnectionString,
            "delete from axvault.credential_refresh"
        );

        await Until.HoldsAsync(
            async () =>
                await DatabaseContents.ScalarAsync<bool>(
                    lab.ConnectionString,
                    "select exists (select from axvault.credential_refresh where revision = 1 and token_expires_at is not null)"
                ),
            "the expiry is noted"
        );
    }

    [Fact]
    public async Task A_credential_that_cannot_be_decrypted_does_not_stop_the_sweep()
    {
        await using var lab = await RefreshLab.StartAsync(graph, servers: 1, ("AXVAULT_REFRESH_SWEEP_INTERVAL", "1"));
        await lab.PutAsync("broken");
        await lab.PutAsync("whole");
        await DatabaseContents.ExecuteAsync(
            lab.ConnectionString,
            "update axvault.credential_version set envelope = set_byte(envelope, 70, get_byte(envelope, 70) # 1) where name = 'broken'"
        );
        await lab.FallDueAsync(TimeSpan.FromMinutes(1));
        using var admin = lab.Admin();

        await Until.HoldsAsync(async () => (await ListedStatusAsync(admin, "whole")) == "ok", "the other is refreshed");
        await lab.Servers[0].WaitForOutputAsync("The sweep cannot open");
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_threshold_of_zero_disables_every_refresh()
    {
        await using var lab = await RefreshLab.StartAsync(graph, servers: 1, ("AXVAULT_REFRESH_SWEEP_INTERVAL", "1"), ("AXVAULT_REFRESH_THRESHOLD", "0"));
        await lab.PutAsync("never");
        await lab.FallDueAsync(TimeSpan.FromMinutes(-1));
        using var admin = lab.Admin();

        (await admin.GetAsync("credentials/never")).IsNotDue();
        (await admin.SendAsync(HttpMethod.Post, "credentials/never/refresh")).IsProblem(HttpStatusCode.Conflict, "conflict");
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);

        Assert.Empty(lab.Proxy.Requests);
    }

    private static async Task<string?> ListedStatusAsync(VaultClient admin, string name)
    {
        var listed = (await admin.GetAsync("credentials"))
            .Is(HttpStatusCode.OK)
            .Json.GetProperty("credentials")
            .EnumerateArray()
            .Single(credential => credential.GetProperty("name").GetString() == name);
        return listed.TryGetProperty("refresh", out var refresh) ? refresh.GetProperty("status").GetString() : null;
    }
}
