using System.Net;
using System.Text;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Refresh;

/// <summary>No rotated token is lost when the database fails or stops during a refresh.</summary>
public sealed class RefreshOutageServerTests(VaultGraph graph)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_stopped_database_gets_the_new_tokens_when_it_is_back()
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
    public async Task A_database_outage_longer_than_the_claim_causes_no_second_request()
    {
        await using var postgres = await PostgresServer.StartNewAsync(CancellationToken);
        await using var lab = await RefreshLab.StartOnAsync(postgres.ConnectionString, graph, 2);
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
        await lab.ExpireClaimsAsync();

        // The claim has run out and the access token has expired. Even so, the server with the new tokens gets time to store them.
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
    public async Task Spooled_tokens_stay_until_a_synchronous_standby_has_them()
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

        // Wait longer than the statement timeout: the server must not take the end of the statement for success.
        await Until.HoldsAsync(
            () => lab.Servers[0].Output.Count(static line => line.Contains("cannot be stored yet", StringComparison.Ordinal)) >= 2,
            "the server gave up storing them, and tried again"
        );
        Assert.Single(Directory.EnumerateFiles(lab.SpoolFolder, "*.token"));
        await StandbyAsync(postgres, "");

        await Until.HoldsAsync(() => !Directory.EnumerateFiles(lab.SpoolFolder).Any(), "the spool is empty");
        using var admin = lab.Admin();
        await Until.HoldsAsync(async () => await admin.TryGetStatusAsync("credentials/unconfirmed") == HttpStatusCode.OK, "the server serves again");
        Assert.Equal(Assert.Single(lab.Proxy.Requests).Issued!.RefreshToken, (await admin.GetAsync("credentials/unconfirmed")).Token("refresh_token"));
        await read;
        await Until.HoldsAsync(
            async () =>
                await DatabaseContents.ScalarAsync<long>(
                    postgres.ConnectionString,
                    "select count(*) from axvault.audit_entry where action = 'credential.refresh' and outcome = 'success'"
                ) == 1,
            "the refresh is in the audit log, once"
        );
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_server_killed_during_an_outage_leaves_the_tokens_in_the_spool()
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
        Assert.All([first.AccessToken, first.RefreshToken, newest.AccessToken, newest.RefreshToken], token =>
            Assert.All(Disguise.Of(Encoding.UTF8.GetBytes(token)), disguise => Assert.True(bytes.AsSpan().IndexOf(disguise) < 0))
        );
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
    public async Task Spooled_tokens_of_a_replaced_credential_go_to_its_kept_version()
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

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_read_only_database_loses_no_token()
    {
        await using var postgres = await PostgresServer.StartNewAsync(CancellationToken);
        await using var lab = await RefreshLab.StartOnAsync(postgres.ConnectionString, graph);
        var first = await lab.PutDueAsync("read.only");
        await DatabaseContents.ExecuteAsync(postgres.ConnectionString, "alter system set default_transaction_read_only = on");
        await DatabaseContents.ExecuteAsync(postgres.ConnectionString, "select pg_reload_conf()");
        await DatabaseContents.ExecuteAsync(
            postgres.ConnectionString,
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'axvault'"
        );
        using var admin = lab.Admin();

        // The audit entry cannot be written either, so nothing is handed out.
        (await admin.GetAsync("credentials/read.only")).IsUnavailable();
        (await admin.SendAsync(HttpMethod.Post, "credentials/read.only/refresh")).IsUnavailable();
        Assert.Empty(lab.Proxy.Requests);

        await DatabaseContents.ExecuteAsync(postgres.ConnectionString, "alter system reset default_transaction_read_only");
        await DatabaseContents.ExecuteAsync(postgres.ConnectionString, "select pg_reload_conf()");
        await Until.HoldsAsync(async () => await admin.TryGetStatusAsync("/health") == HttpStatusCode.OK, "the database is written again");
        (await admin.GetAsync("credentials/read.only")).IsRefreshed();
        Assert.Single(lab.RequestsWith(first.RefreshToken));
    }

    // Makes commits wait for a standby of that name.
    private static async Task StandbyAsync(PostgresServer postgres, string name)
    {
        await DatabaseContents.ExecuteAsync(postgres.ConnectionString, $"alter system set synchronous_standby_names = '{name}'");
        await DatabaseContents.ExecuteAsync(postgres.ConnectionString, "select pg_reload_conf()");
    }
}
