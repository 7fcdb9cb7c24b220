using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Refresh;

/// <summary>No rotated token is lost when a server dies or stops during a refresh, or cannot write its spool.</summary>
public sealed class RefreshSurvivalServerTests(VaultGraph graph)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [Trait("Category", "Long")]
    [InlineData(HoldPoint.BeforeForwarding, Explicit = true)]
    [InlineData(HoldPoint.BeforeAnswering)]
    public async Task A_server_killed_during_a_refresh_leaves_an_unknown_outcome(HoldPoint point)
    {
        await using var lab = await RefreshLab.StartAsync(graph, servers: 2, ("AXVAULT_REFRESH_TIMEOUT_MS", "3000"));
        var first = await lab.PutDueAsync("killed");
        using var gate = lab.Proxy.Hold(point);
        using var victim = lab.Admin();
        var read = victim.GetAsync("credentials/killed");
        await gate.ReachedAsync();

        await lab.Servers[0].KillAsync();
        await lab.ExpireClaimsAsync();
        gate.Release();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => read);

        // Reads wait for the owner of the claim no longer than the timeout.
        using var admin = lab.Admin(1);
        await Until.HoldsAsync(async () => (await admin.GetAsync("credentials/killed")).IsRefreshFailed().Status() == "unknown", "the claim has run out");
        Assert.Equal(first.AccessToken, (await admin.GetAsync("credentials/killed")).Token("access_token"));
        Assert.Single(lab.RequestsWith(first.RefreshToken));

        // The provider did use the token. The last attempt, after the access token expired, finds that out.
        await lab.FallDueAsync(TimeSpan.FromMinutes(-1));
        Assert.Equal("failed", (await admin.GetAsync("credentials/killed")).IsRefreshFailed().Status());
        await lab.PutDueAsync("killed");
        (await admin.GetAsync("credentials/killed")).IsRefreshed();
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_provider_slower_than_the_lease_is_asked_once()
    {
        await using var lab = await RefreshLab.StartAsync(graph, servers: 3, ("AXVAULT_REFRESH_TIMEOUT_MS", "30000"));
        var first = await lab.PutDueAsync("slow");
        lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.None with { DelayAfter = TimeSpan.FromSeconds(17) } : null);

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 3)
                .Select(async server =>
                {
                    using var admin = lab.Admin(server);
                    return (await admin.GetAsync("credentials/slow")).IsRefreshed().Token("access_token");
                })
        );

        Assert.Equal(Assert.Single(lab.RequestsWith(first.RefreshToken)).Issued!.AccessToken, Assert.Single(answers.Distinct()));
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_server_killed_before_sending_leaves_an_unknown_outcome_and_a_good_token()
    {
        using var unreachable = new DeafPort();
        await using var lab = await RefreshLab.StartAsync(graph);
        var doomed = await lab.AddServerAsync(("AXVAULT_OAUTH_LAB_TOKEN_URL", unreachable.Url.AbsoluteUri));
        var first = await lab.PutDueAsync("unsent");
        using var victim = lab.Admin(doomed);
        var read = victim.GetAsync("credentials/unsent");
        await Until.HoldsAsync(
            () => DatabaseContents.ScalarAsync<bool>(lab.ConnectionString, "select exists (select from axvault.credential_refresh where claim is not null)"),
            "the refresh is claimed"
        );

        await doomed.KillAsync();
        await lab.ExpireClaimsAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => read);

        // No server can know that the token was not sent, so it is not risked while the access token is valid.
        using var admin = lab.Admin();
        var answer = (await admin.GetAsync("credentials/unsent")).IsRefreshFailed();
        Assert.Equal(("unknown", first.AccessToken), (answer.Status(), answer.Token("access_token")));
        Assert.Empty(lab.Proxy.Requests);

        await lab.FallDueAsync(TimeSpan.FromMinutes(-1));
        (await admin.GetAsync("credentials/unsent")).IsRefreshed();
        Assert.Single(lab.RequestsWith(first.RefreshToken));
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_server_killed_after_storing_the_tokens_loses_nothing()
    {
        await using var lab = await RefreshLab.StartAsync(graph, servers: 2);
        var first = await lab.PutDueAsync("stored");
        using var victim = lab.Admin();
        var served = (await victim.GetAsync("credentials/stored")).IsRefreshed();

        await lab.Servers[0].KillAsync();

        using var admin = lab.Admin(1);
        Assert.Equal(served.Token("refresh_token"), (await admin.GetAsync("credentials/stored")).IsNotDue().Token("refresh_token"));
        Assert.Single(lab.RequestsWith(first.RefreshToken));
        Assert.Empty(Directory.EnumerateFiles(lab.SpoolFolder));
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData(true, Explicit = true)]
    [InlineData(false)]
    public async Task A_stop_waits_for_a_refresh_and_stores_its_tokens(bool readerWaits)
    {
        await using var lab = await RefreshLab.StartAsync(graph, servers: 2);
        var first = await lab.PutDueAsync("stopped");
        using var gate = lab.Proxy.Hold(HoldPoint.BeforeAnswering);
        var reader = lab.Admin();
        var read = reader.GetAsync("credentials/stopped");
        await gate.ReachedAsync();
        if (!readerWaits)
        {
            reader.Dispose();
            await Assert.ThrowsAnyAsync<Exception>(() => read);
        }

        lab.Servers[0].Terminate();
        await Task.Delay(TimeSpan.FromSeconds(2), CancellationToken);
        Assert.False(lab.Servers[0].HasExited);
        gate.Release();

        Assert.Equal(0, await lab.Servers[0].WaitForExitAsync());
        using var admin = lab.Admin(1);
        var newest = Assert.Single(lab.RequestsWith(first.RefreshToken)).Issued!;
        Assert.Equal(newest.RefreshToken, (await admin.GetAsync("credentials/stopped")).IsNotDue().Token("refresh_token"));
        if (readerWaits)
        {
            Assert.Equal(newest.RefreshToken, (await read).IsRefreshed().Token("refresh_token"));
            reader.Dispose();
        }
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_spool_without_write_access_is_reported_and_refreshes_continue()
    {
        await using var lab = await RefreshLab.StartAsync(graph, 1, ("AXVAULT_REFRESH_TIMEOUT_MS", "10000"));
        using var folder = new TestFolder();
        var file = Path.Combine(folder.Path, "file");
        await File.WriteAllTextAsync(file, "", CancellationToken);
        var server = await lab.AddServerAsync(("AXVAULT_REFRESH_SPOOL", Path.Combine(file, "spool")));
        await lab.PutDueAsync("no.spool");
        using var admin = lab.Admin(server);

        (await admin.GetAsync("credentials/no.spool")).IsRefreshed();

        await server.WaitForOutputAsync("AXVAULT_REFRESH_SPOOL");
    }
}
