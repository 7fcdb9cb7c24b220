using System.Net;
using System.Text;
using Axvault.Tests.Graph;
using Axvault.Tests.Provider;
using Axvault.Tests.Server;

namespace Axvault.Tests.Refresh;

/// <summary>A rotated token is never lost: whatever dies, at every step of a refresh.</summary>
public sealed class RefreshSurvivalServerTests(VaultGraph graph)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [Trait("Category", "Long")]
    [InlineData(HoldPoint.BeforeForwarding, Explicit = true)]
    [InlineData(HoldPoint.BeforeAnswering)]
    public async Task A_server_that_is_killed_while_the_provider_is_asked_leaves_an_unknown_outcome_and_a_push_cures_it(HoldPoint point)
    {
        await using var lab = await RefreshLab.StartAsync(graph, servers: 2, ("AXVAULT_REFRESH_TIMEOUT_MS", "3000"));
        var first = await lab.PutDueAsync("killed");
        using var gate = lab.Proxy.Hold(point);
        using var victim = lab.Admin();
        var read = victim.GetAsync("credentials/killed");
        await gate.ReachedAsync();

        await lab.Servers[0].KillAsync();
        gate.Release();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => read);

        // Readers wait no longer than the timeout for whoever has claimed it.
        using var admin = lab.Admin(1);
        await Until.HoldsAsync(async () => (await admin.GetAsync("credentials/killed")).IsRefreshFailed().Status() == "unknown", "the claim has run out");
        Assert.Equal(first.AccessToken, (await admin.GetAsync("credentials/killed")).Token("access_token"));
        Assert.Single(lab.RequestsWith(first.RefreshToken));

        // The provider did take the token: the last attempt, when nothing is left to lose, finds it out.
        await lab.FallDueAsync(TimeSpan.FromMinutes(-1));
        Assert.Equal("failed", (await admin.GetAsync("credentials/killed")).IsRefreshFailed().Status());
        await lab.PutDueAsync("killed");
        (await admin.GetAsync("credentials/killed")).IsRefreshed();
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_server_that_is_killed_before_it_could_send_the_token_leaves_an_unknown_outcome_and_the_token_is_still_good()
    {
        using var unreachable = new DeafPort();
        await using var lab = await RefreshLab.StartAsync(graph);
        var doomed = await lab.AddServerAsync(("AXVAULT_OAUTH_LAB_TOKEN_URL", unreachable.Url.AbsoluteUri));
        var first = await lab.PutDueAsync("unsent");
        using var victim = lab.Admin(doomed);
        var read = victim.GetAsync("credentials/unsent");
        await Until.HoldsAsync(
            () => DatabaseContents.ScalarAsync<bool>(lab.ConnectionString, "select refresh_claim is not null from axvault.credential where name = 'unsent'"),
            "the refresh is claimed");

        await doomed.KillAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => read);

        // Nobody can know that nothing was sent: nothing is risked while the access token is good.
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
    public async Task A_server_that_is_killed_after_it_stored_the_tokens_has_stored_them()
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

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_database_that_stops_before_the_answer_gets_the_tokens_when_it_is_back()
    {
        await using var postgres = await PostgresServer.StartNewAsync(CancellationToken);
        await using var lab = await RefreshLab.StartOnAsync(postgres.ConnectionString, graph, 1, ("AXVAULT_REFRESH_TIMEOUT_MS", "5000"));
        var first = await lab.PutDueAsync("outage");
        using var gate = lab.Proxy.Hold(HoldPoint.BeforeAnswering);
        using var reader = lab.Admin();
        var read = reader.GetAsync("credentials/outage");
        await gate.ReachedAsync();

        await postgres.StopAsync(CancellationToken);
        gate.Release();
        await Until.HoldsAsync(() => Directory.EnumerateFiles(lab.SpoolFolder, "*.token").Any(), "the tokens are in the spool");
        await postgres.StartAsync(CancellationToken);

        using var admin = lab.Admin();
        await Until.HoldsAsync(async () => await admin.TryGetStatusAsync("credentials/outage") == HttpStatusCode.OK, "the database is back");
        await Until.HoldsAsync(async () => (await admin.GetAsync("credentials/outage")).Status() == "ok", "the tokens are stored");
        var newest = Assert.Single(lab.RequestsWith(first.RefreshToken)).Issued!;
        Assert.Equal(newest.RefreshToken, (await admin.GetAsync("credentials/outage")).IsNotDue().Token("refresh_token"));
        await Until.HoldsAsync(() => !Directory.EnumerateFiles(lab.SpoolFolder).Any(), "the spool is empty");
        await read;
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_database_that_is_away_for_longer_than_a_claim_lasts_makes_nobody_send_the_token_again()
    {
        await using var postgres = await PostgresServer.StartNewAsync(CancellationToken);
        await using var lab = await RefreshLab.StartOnAsync(postgres.ConnectionString, graph, 2, ("AXVAULT_REFRESH_LEASE", "2"));
        var first = await lab.PutDueAsync("expired");
        await lab.FallDueAsync(TimeSpan.FromMinutes(-1), "expired");
        using var gate = lab.Proxy.Hold(HoldPoint.BeforeAnswering);
        using var reader = lab.Admin();
        var read = reader.GetAsync("credentials/expired");
        await gate.ReachedAsync();

        await postgres.StopAsync(CancellationToken);
        gate.Release();
        await Until.HoldsAsync(() => Directory.EnumerateFiles(lab.SpoolFolder, "*.token").Any(), "the tokens are in the spool");
        ProcessTree.Freeze(lab.Servers[0].ProcessId);
        await postgres.StartAsync(CancellationToken);

        // The claim has run out, and the access token has expired: all the same the one who has the new tokens is given the time to store them.
        using var admin = lab.Admin(1);
        await Until.HoldsAsync(async () => await admin.TryGetStatusAsync("/health") == HttpStatusCode.OK, "the database is back");
        await Until.HoldsAsync(async () => (await admin.GetAsync("credentials/expired")).Status() == "unknown", "the claim has run out");
        (await admin.GetAsync("credentials/expired")).IsRefreshFailed();
        (await admin.SendAsync(HttpMethod.Post, "credentials/expired/refresh")).IsProblem(HttpStatusCode.Conflict, "conflict");
        ProcessTree.Thaw(lab.Servers[0].ProcessId);
        await Until.HoldsAsync(async () => (await admin.GetAsync("credentials/expired")).Status() == "ok", "the tokens are stored");

        Assert.Equal(Assert.Single(lab.Proxy.Requests).Issued!.RefreshToken, (await admin.GetAsync("credentials/expired")).IsNotDue().Token("refresh_token"));
        Assert.Single(lab.RequestsWith(first.RefreshToken));
        await read;
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task Tokens_stay_in_the_spool_until_a_synchronous_standby_has_them()
    {
        await using var postgres = await PostgresServer.StartNewAsync(CancellationToken);
        await using var lab = await RefreshLab.StartOnAsync(postgres.ConnectionString, graph);
        await lab.PutDueAsync("unconfirmed");
        using var gate = lab.Proxy.Hold(HoldPoint.BeforeAnswering);
        using var reader = lab.Admin();
        var read = reader.GetAsync("credentials/unconfirmed");
        await gate.ReachedAsync();

        await StandbyAsync(postgres, "absent");
        gate.Release();
        await Until.HoldsAsync(() => Directory.EnumerateFiles(lab.SpoolFolder, "*.token").Any(), "the tokens are in the spool");

        // Longer than a statement may take: what the server makes of its end is what matters.
        await Until.HoldsAsync(() => lab.Servers[0].Output.Count(static line => line.Contains("cannot be stored yet", StringComparison.Ordinal)) >= 2, "storing them was given up, and tried again");
        Assert.Single(Directory.EnumerateFiles(lab.SpoolFolder, "*.token"));
        await StandbyAsync(postgres, "");

        await Until.HoldsAsync(() => !Directory.EnumerateFiles(lab.SpoolFolder).Any(), "the spool is empty");
        using var admin = lab.Admin();
        await Until.HoldsAsync(async () => await admin.TryGetStatusAsync("credentials/unconfirmed") == HttpStatusCode.OK, "the server serves again");
        Assert.Equal(Assert.Single(lab.Proxy.Requests).Issued!.RefreshToken, (await admin.GetAsync("credentials/unconfirmed")).Token("refresh_token"));
        await read;
        await Until.HoldsAsync(
            async () => await DatabaseContents.ScalarAsync<long>(postgres.ConnectionString, "select count(*) from axvault.audit_entry where action = 'credential.refresh' and outcome = 'success'") == 1,
            "the refresh is in the audit log, once");
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_server_that_is_killed_while_the_database_is_away_leaves_the_tokens_to_the_next_start()
    {
        await using var postgres = await PostgresServer.StartNewAsync(CancellationToken);
        await using var lab = await RefreshLab.StartOnAsync(postgres.ConnectionString, graph);
        var first = await lab.PutDueAsync("spooled");
        using var gate = lab.Proxy.Hold(HoldPoint.BeforeAnswering);
        using var reader = lab.Admin();
        var read = reader.GetAsync("credentials/spooled");
        await gate.ReachedAsync();
        await postgres.KillAsync();
        gate.Release();
        await Until.HoldsAsync(() => Directory.EnumerateFiles(lab.SpoolFolder, "*.token").Any(), "the tokens are in the spool");
        await lab.Servers[0].KillAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => read);

        var file = Assert.Single(Directory.EnumerateFiles(lab.SpoolFolder, "*.token"));
        var newest = Assert.Single(lab.RequestsWith(first.RefreshToken)).Issued!;
        var bytes = await File.ReadAllBytesAsync(file, CancellationToken);
        Assert.All(
            [first.AccessToken, first.RefreshToken, newest.AccessToken, newest.RefreshToken],
            token => Assert.All(Disguise.Of(Encoding.UTF8.GetBytes(token)), disguise => Assert.True(bytes.AsSpan().IndexOf(disguise) < 0)));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        await postgres.StartAsync(CancellationToken);
        using var admin = lab.Admin(await lab.AddServerAsync());
        await Until.HoldsAsync(async () => (await admin.GetAsync("credentials/spooled")).Status() == "ok", "the tokens are stored from the spool");
        var after = (await admin.GetAsync("credentials/spooled")).IsNotDue();
        Assert.Equal(newest.RefreshToken, after.Token("refresh_token"));
        Assert.True(await lab.Provider.IsValidAsync(after.Token("access_token")));
        Assert.Single(lab.RequestsWith(first.RefreshToken));
        await Until.HoldsAsync(() => !Directory.EnumerateFiles(lab.SpoolFolder).Any(), "the spool is empty");
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task Spooled_tokens_of_a_credential_that_was_put_since_are_in_the_state_that_is_kept()
    {
        await using var postgres = await PostgresServer.StartNewAsync(CancellationToken);
        await using var lab = await RefreshLab.StartOnAsync(postgres.ConnectionString, graph);
        var first = await lab.PutDueAsync("stale");
        using var gate = lab.Proxy.Hold(HoldPoint.BeforeAnswering);
        using var reader = lab.Admin();
        var read = reader.GetAsync("credentials/stale");
        await gate.ReachedAsync();
        await postgres.StopAsync(CancellationToken);
        gate.Release();
        await Until.HoldsAsync(() => Directory.EnumerateFiles(lab.SpoolFolder, "*.token").Any(), "the tokens are in the spool");
        await lab.Servers[0].KillAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => read);
        await postgres.StartAsync(CancellationToken);
        using var aside = new TestFolder();
        await lab.AddServerAsync(("AXVAULT_REFRESH_SPOOL", aside.Path));
        var pushed = await lab.PutAsync("stale");

        using var admin = lab.Admin(await lab.AddServerAsync());
        await Until.HoldsAsync(() => !Directory.EnumerateFiles(lab.SpoolFolder).Any(), "the spool is empty");

        Assert.Equal(pushed.RefreshToken, (await admin.GetAsync("credentials/stale")).Is(HttpStatusCode.OK).Token("refresh_token"));
        var version = (await admin.GetAsync("credentials/stale/versions")).Json.GetProperty("versions")[0].GetProperty("version").GetString();
        var kept = (await admin.GetAsync($"credentials/stale/versions/{version}")).Is(HttpStatusCode.OK);
        Assert.Equal((Assert.Single(lab.RequestsWith(first.RefreshToken)).Issued!.RefreshToken, "ok"), (kept.Token("refresh_token"), kept.Status()));
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData(true, Explicit = true)]
    [InlineData(false)]
    public async Task A_stop_waits_for_a_refresh_and_keeps_what_comes_of_it(bool readerWaits)
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
    public async Task A_database_that_cannot_be_written_costs_no_token()
    {
        await using var postgres = await PostgresServer.StartNewAsync(CancellationToken);
        await using var lab = await RefreshLab.StartOnAsync(postgres.ConnectionString, graph);
        var first = await lab.PutDueAsync("read.only");
        await DatabaseContents.ExecuteAsync(postgres.ConnectionString, "alter system set default_transaction_read_only = on");
        await DatabaseContents.ExecuteAsync(postgres.ConnectionString, "select pg_reload_conf()");
        await DatabaseContents.ExecuteAsync(postgres.ConnectionString, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'axvault'");
        using var admin = lab.Admin();

        // No entry can be written into the audit log either, so nothing is handed out.
        (await admin.GetAsync("credentials/read.only")).IsUnavailable();
        (await admin.SendAsync(HttpMethod.Post, "credentials/read.only/refresh")).IsUnavailable();
        Assert.Empty(lab.Proxy.Requests);

        await DatabaseContents.ExecuteAsync(postgres.ConnectionString, "alter system reset default_transaction_read_only");
        await DatabaseContents.ExecuteAsync(postgres.ConnectionString, "select pg_reload_conf()");
        await Until.HoldsAsync(async () => await admin.TryGetStatusAsync("/health") == HttpStatusCode.OK, "the database is written again");
        (await admin.GetAsync("credentials/read.only")).IsRefreshed();
        Assert.Single(lab.RequestsWith(first.RefreshToken));
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_spool_that_cannot_be_written_is_said_so_and_refreshes_go_on()
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

    // Commits wait for a standby of that name.
    private static async Task StandbyAsync(PostgresServer postgres, string name)
    {
        await DatabaseContents.ExecuteAsync(postgres.ConnectionString, $"alter system set synchronous_standby_names = '{name}'");
        await DatabaseContents.ExecuteAsync(postgres.ConnectionString, "select pg_reload_conf()");
    }
}
