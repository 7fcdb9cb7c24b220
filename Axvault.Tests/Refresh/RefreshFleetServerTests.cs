using System.Net;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Refresh;

/// <summary>Three servers on one database agree on refreshes, failures and puts.</summary>
public sealed class RefreshFleetServerTests(RefreshFleetFixture fixture) : IClassFixture<RefreshFleetFixture>
{
    private RefreshLab Lab => fixture.Lab;

    [Fact]
    public Task A_due_credential_is_refreshed_once_by_the_whole_fleet() =>
        Rotations.RunAsync(Lab, "rotated", credentials: 5, readers: 60, rotations: 5);

    [Fact]
    public async Task A_failure_on_one_server_stops_attempts_of_the_others()
    {
        var first = await Lab.PutDueAsync("failing");
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.Answer(500) : null);

        await Task.WhenAll(
            Enumerable
                .Range(0, 30)
                .Select(async reader =>
                {
                    using var admin = Lab.Admin(reader % 3);
                    (await admin.GetAsync("credentials/failing")).IsRefreshFailed();
                })
        );

        Assert.Single(Lab.RequestsWith(first.RefreshToken));
        Lab.Proxy.Heal();
    }

    [Fact]
    public async Task A_token_permanently_refused_on_one_server_fails_on_all()
    {
        var first = await Lab.PutDueAsync("dead");
        await Lab.Provider.RefreshAsync(first.RefreshToken);

        for (var server = 0; server < 3; server++)
        {
            using var admin = Lab.Admin(server);
            Assert.Equal("failed", (await admin.GetAsync("credentials/dead")).IsRefreshFailed().Status());
        }

        Assert.Single(Lab.RequestsWith(first.RefreshToken));
    }

    [Fact]
    public async Task A_paused_claim_holder_stores_the_newest_token_and_no_token_is_used_twice()
    {
        var first = await Lab.PutDueAsync("paused");
        using var gate = Lab.Proxy.Hold(HoldPoint.BeforeAnswering, request => request.RefreshToken == first.RefreshToken);
        using var holder = Lab.Admin(1);
        var read = holder.GetAsync("credentials/paused");
        await gate.ReachedAsync();
        Signal.Send(Lab.Servers[1].ProcessId, Signal.Stop);
        await Lab.ExpireClaimsAsync();
        try
        {
            using var other = Lab.Admin(2);
            var meanwhile = (await other.GetAsync("credentials/paused")).IsRefreshFailed();
            Assert.Equal(("unknown", first.AccessToken), (meanwhile.Status(), meanwhile.Token("access_token")));
            gate.Release();
        }
        finally
        {
            Signal.Send(Lab.Servers[1].ProcessId, Signal.Continue);
        }

        (await read).Is(HttpStatusCode.OK);
        using var admin = Lab.Admin();
        await Until.HoldsAsync(async () => (await admin.GetAsync("credentials/paused")).Status() == "ok", "the holder has stored its tokens");
        var after = (await admin.GetAsync("credentials/paused")).IsNotDue();
        Assert.Equal(Assert.Single(Lab.RequestsWith(first.RefreshToken)).Issued!.RefreshToken, after.Token("refresh_token"));
        Assert.True(await Lab.Provider.IsValidAsync(after.Token("access_token")));
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_success_of_another_server_overrules_a_late_invalid_grant()
    {
        var first = await Lab.PutAsync("sibling");
        await Lab.FallDueAsync(TimeSpan.FromMinutes(-1), "sibling");
        Lab.Proxy.Decide(request =>
            request.RefreshToken == first.RefreshToken && Lab.RequestsWith(first.RefreshToken).Count == 1 ? Fault.Error("invalid_grant") : null
        );
        using var gate = Lab.Proxy.Hold(HoldPoint.BeforeAnswering, request => request.RefreshToken == first.RefreshToken);
        using var loser = Lab.Admin(1);
        var lost = loser.GetAsync("credentials/sibling");
        await gate.ReachedAsync();
        Signal.Send(Lab.Servers[1].ProcessId, Signal.Stop);
        await Lab.ExpireClaimsAsync();
        using var winner = Lab.Admin(2);
        string won;
        try
        {
            // The claim runs out. A forced refresh on the other server sends the token again and succeeds.
            (await winner.PostAsync("credentials/sibling/refresh?force=true", "")).Is(HttpStatusCode.OK);
            won = (await winner.GetAsync("credentials/sibling")).IsNotDue().Token("access_token");
            gate.Release();
        }
        finally
        {
            Signal.Send(Lab.Servers[1].ProcessId, Signal.Continue);
        }

        // The read of the loser may have timed out while it was paused. The refusal that the loser got changes nothing.
        (await lost).Is(HttpStatusCode.OK);
        await Lab.Servers[1].WaitForOutputAsync("invalid_grant");
        Assert.Equal(
            ("ok", won),
            ((await loser.GetAsync("credentials/sibling")).IsNotDue().Status(), (await winner.GetAsync("credentials/sibling")).IsNotDue().Token("access_token"))
        );
        Lab.Proxy.Heal();
    }

    [Fact]
    public async Task A_put_on_another_server_during_a_refresh_wins()
    {
        var first = await Lab.PutDueAsync("pushed");
        using var gate = Lab.Proxy.Hold(HoldPoint.BeforeAnswering, request => request.RefreshToken == first.RefreshToken);
        using var reader = Lab.Admin(1);
        var read = reader.GetAsync("credentials/pushed");
        await gate.ReachedAsync();

        var pushed = await Lab.PutAsync("pushed");
        gate.Release();

        Assert.Equal(pushed.RefreshToken, (await read).Is(HttpStatusCode.OK).Token("refresh_token"));
    }

    [Fact]
    public async Task An_expired_claim_of_a_dead_server_counts_as_an_unknown_outcome()
    {
        var first = await Lab.PutDueAsync("claimed");
        await DatabaseContents.ExecuteAsync(
            Lab.ConnectionString,
            """
            insert into axvault.credential_refresh as r (version_id, revision, seq, claim, claimed_at, claimed_until)
            select v.id, v.revision, 1, gen_random_uuid(), clock_timestamp(), clock_timestamp() + interval '2 seconds'
            from axvault.credential c join axvault.credential_version v on v.id = c.version_id
            where c.name = 'claimed'
            on conflict (version_id) do update
            set seq = r.seq + 1, claim = excluded.claim, claimed_at = excluded.claimed_at, claimed_until = excluded.claimed_until
            """
        );
        using var admin = Lab.Admin();

        var answer = (await admin.GetAsync("credentials/claimed")).IsRefreshFailed();

        Assert.Equal(("unknown", "server_lost"), (answer.Status(), answer.Refresh().GetProperty("error").GetString()));
        Assert.Empty(Lab.RequestsWith(first.RefreshToken));
        await Lab.FallDueAsync(TimeSpan.FromMinutes(-1), "claimed");
        (await admin.GetAsync("credentials/claimed")).IsRefreshed();
    }

    [Fact]
    public async Task A_credential_deleted_during_a_refresh_stays_deleted()
    {
        var first = await Lab.PutDueAsync("deleted");
        using var gate = Lab.Proxy.Hold(HoldPoint.BeforeAnswering, request => request.RefreshToken == first.RefreshToken);
        using var reader = Lab.Admin(1);
        var read = reader.GetAsync("credentials/deleted");
        await gate.ReachedAsync();
        using var admin = Lab.Admin();
        (await admin.DeleteAsync("credentials/deleted")).Is(HttpStatusCode.NoContent);
        gate.Release();

        (await read).Is(HttpStatusCode.OK);
        (await admin.GetAsync("credentials/deleted")).IsNotFound();
    }
}
