using System.Net;
using Axvault.Tests.Provider;
using Axvault.Tests.Server;

namespace Axvault.Tests.Refresh;

/// <summary>Three servers on one database: what one does, the others know.</summary>
public sealed class RefreshFleetServerTests(RefreshFleetFixture fixture) : IClassFixture<RefreshFleetFixture>
{
    private RefreshLab Lab => fixture.Lab;

    [Fact]
    public Task Every_credential_that_falls_due_is_refreshed_once_in_the_fleet_however_many_read_it() =>
        Rotations.RunAsync(Lab, "rotated", credentials: 5, readers: 60, rotations: 5);

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_provider_that_is_slower_than_the_lease_is_asked_once()
    {
        var first = await Lab.PutDueAsync("slow");
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.None with { DelayAfter = TimeSpan.FromSeconds(7) } : null);

        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(async server =>
        {
            using var admin = Lab.Admin(server);
            return (await admin.GetAsync("credentials/slow")).IsRefreshed().Token("access_token");
        }));

        Assert.Single(answers.Distinct());
        Assert.Single(Lab.RequestsWith(first.RefreshToken));
        Lab.Proxy.Heal();
    }

    [Fact]
    public async Task A_failure_on_one_server_keeps_the_others_from_trying()
    {
        var first = await Lab.PutDueAsync("failing");
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.Answer(500) : null);

        await Task.WhenAll(Enumerable.Range(0, 30).Select(async reader =>
        {
            using var admin = Lab.Admin(reader % 3);
            (await admin.GetAsync("credentials/failing")).IsRefreshFailed();
        }));

        Assert.Single(Lab.RequestsWith(first.RefreshToken));
        Lab.Proxy.Heal();
    }

    [Fact]
    public async Task A_token_that_is_refused_for_good_on_one_server_is_dead_on_all()
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
    public async Task A_holder_that_is_paused_and_wakes_up_late_stores_the_newest_token_and_nobody_used_the_old_one_twice()
    {
        var first = await Lab.PutDueAsync("paused");
        using var gate = Lab.Proxy.Hold(HoldPoint.BeforeAnswering, request => request.RefreshToken == first.RefreshToken);
        using var holder = Lab.Admin(1);
        var read = holder.GetAsync("credentials/paused");
        await gate.ReachedAsync();
        Signal.Send(Lab.Servers[1].ProcessId, Signal.Stop);
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
    public async Task A_sibling_that_wins_while_invalid_grant_comes_back_is_believed()
    {
        var first = await Lab.PutAsync("sibling");
        await Lab.FallDueAsync(TimeSpan.FromMinutes(-1), "sibling");
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken && Lab.RequestsWith(first.RefreshToken).Count == 1 ? Fault.Error("invalid_grant") : null);
        using var gate = Lab.Proxy.Hold(HoldPoint.BeforeAnswering, request => request.RefreshToken == first.RefreshToken);
        using var loser = Lab.Admin(1);
        var lost = loser.GetAsync("credentials/sibling");
        await gate.ReachedAsync();
        Signal.Send(Lab.Servers[1].ProcessId, Signal.Stop);
        using var winner = Lab.Admin(2);
        string won;
        try
        {
            // The claim runs out: who asks the other server for it makes it send the token again, and wins.
            (await winner.PostAsync("credentials/sibling/refresh?force=true", "")).Is(HttpStatusCode.OK);
            won = (await winner.GetAsync("credentials/sibling")).IsNotDue().Token("access_token");
            gate.Release();
        }
        finally
        {
            Signal.Send(Lab.Servers[1].ProcessId, Signal.Continue);
        }

        // Its reader may have waited too long, for it was paused as well; what the loser was told of the token changes nothing.
        (await lost).Is(HttpStatusCode.OK);
        await Lab.Servers[1].WaitForOutputAsync("invalid_grant");
        Assert.Equal(("ok", won), ((await loser.GetAsync("credentials/sibling")).IsNotDue().Status(), (await winner.GetAsync("credentials/sibling")).IsNotDue().Token("access_token")));
        Lab.Proxy.Heal();
    }

    [Fact]
    public async Task A_push_on_another_server_during_a_refresh_wins()
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
    public async Task A_claim_of_a_server_that_died_before_it_sent_anything_runs_out_and_the_outcome_counts_as_unknown()
    {
        var first = await Lab.PutDueAsync("claimed");
        await DatabaseContents.ExecuteAsync(
            Lab.ConnectionString,
            """
            update axvault.credential
            set refresh_of = version, refresh_seq = refresh_seq + 1,
                refresh_claim = gen_random_uuid(), refresh_claimed_at = clock_timestamp(), refresh_claimed_until = clock_timestamp() + interval '2 seconds'
            where name = 'claimed'
            """);
        using var admin = Lab.Admin();

        var answer = (await admin.GetAsync("credentials/claimed")).IsRefreshFailed();

        Assert.Equal(("unknown", "server_lost"), (answer.Status(), answer.Refresh().GetProperty("error").GetString()));
        Assert.Empty(Lab.RequestsWith(first.RefreshToken));
        await Lab.FallDueAsync(TimeSpan.FromMinutes(-1), "claimed");
        (await admin.GetAsync("credentials/claimed")).IsRefreshed();
    }

    [Fact]
    public async Task A_credential_that_is_deleted_during_a_refresh_stays_deleted()
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
