using System.Globalization;
using System.Net;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Refresh;

/// <summary>Reads and puts while a refresh of the same or another credential is under way.</summary>
public sealed class RefreshConcurrencyServerTests(RefreshFixture fixture) : IClassFixture<RefreshFixture>
{
    private RefreshLab Lab => fixture.Lab;

    [Fact]
    public async Task Concurrent_reads_make_one_request_and_all_get_the_new_token()
    {
        var first = await Lab.PutDueAsync("crowd");
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.None with { DelayBefore = TimeSpan.FromMilliseconds(300) } : null);

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 50)
                .Select(async _ =>
                {
                    using var admin = Lab.Admin();
                    return await admin.GetAsync("credentials/crowd");
                })
        );

        Assert.Single(Lab.RequestsWith(first.RefreshToken));
        Assert.Single(answers.Select(static answer => answer.Is(HttpStatusCode.OK).Token("access_token")).Distinct());
        Assert.True(await Lab.Provider.IsValidAsync(answers[0].Token("access_token")));
        Assert.Contains(answers, static answer => answer.Headers.ContainsKey("X-Axvault-Refreshed"));
        Lab.Proxy.Heal();
    }

    [Fact]
    public async Task A_disconnected_reader_does_not_lose_the_new_token()
    {
        var first = await Lab.PutDueAsync("hang.up");
        using var gate = Lab.Proxy.Hold(HoldPoint.BeforeAnswering, request => request.RefreshToken == first.RefreshToken);
        using (var reader = await RawHttp.ConnectAsync(Lab.Servers[0].Address))
        {
            using var admin = Lab.Admin();
            await reader.SendAsync($"GET /api/v1/credentials/hang.up HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {admin.Secret}\r\n\r\n");
            await gate.ReachedAsync();
        }

        gate.Release();

        using var next = Lab.Admin();
        await Until.HoldsAsync(async () => (await next.GetAsync("credentials/hang.up")).Token("access_token") != first.AccessToken, "the new token is stored");
        Assert.True(await Lab.Provider.IsValidAsync((await next.GetAsync("credentials/hang.up")).IsNotDue().Token("access_token")));
        Assert.Single(Lab.RequestsWith(first.RefreshToken));
    }

    [Fact]
    public async Task A_put_during_a_refresh_wins()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("pushed");
        using var gate = Lab.Proxy.Hold(HoldPoint.BeforeAnswering, request => request.RefreshToken == first.RefreshToken);
        var read = admin.GetAsync("credentials/pushed");
        await gate.ReachedAsync();

        var pushed = await Lab.PutAsync("pushed");
        gate.Release();

        Assert.Equal(pushed.RefreshToken, (await read).Is(HttpStatusCode.OK).Token("refresh_token"));
        await Lab.FallDueAsync(TimeSpan.FromHours(2), "pushed");
        Assert.Equal(pushed.RefreshToken, (await admin.GetAsync("credentials/pushed")).IsNotDue().Token("refresh_token"));
        Assert.Null((await admin.GetAsync("credentials/pushed")).Status());
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_read_waits_no_longer_than_the_timeout()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("slow");
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.Hang : null);
        var clock = System.Diagnostics.Stopwatch.StartNew();

        var answer = (await admin.GetAsync("credentials/slow")).IsRefreshFailed();

        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(25));
        Assert.Equal(first.AccessToken, answer.Token("access_token"));
        await Until.HoldsAsync(async () => (await admin.GetAsync("credentials/slow")).Status() == "unknown", "the outcome is recorded");
        Assert.Equal("timed_out", (await admin.GetAsync("credentials/slow")).IsRefreshFailed().Refresh().GetProperty("error").GetString());
        Assert.Single(Lab.RequestsWith(first.RefreshToken));
        Lab.Proxy.Heal();
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_hundred_slow_refreshes_do_not_delay_other_reads()
    {
        var names = Enumerable.Range(0, 100).Select(static n => string.Create(CultureInfo.InvariantCulture, $"slow.{n}")).ToArray();
        HashSet<string> tokens = [];
        foreach (var name in names)
        {
            tokens.Add((await Lab.PutAsync(name)).RefreshToken);
        }

        await Lab.FallDueAsync(TimeSpan.FromMinutes(5), names);
        using var admin = Lab.Admin();
        (await admin.PutCredentialAsync("quick")).Is(HttpStatusCode.Created);
        var slowly = Fault.Answer(500) with { DelayBefore = TimeSpan.FromSeconds(5) };
        Lab.Proxy.Decide(request => request.RefreshToken is { } token && tokens.Contains(token) ? slowly : null);
        var before = Lab.Proxy.Requests.Count;
        var slow = names
            .Select(async name =>
            {
                using var client = Lab.Admin();
                return (await client.GetAsync($"credentials/{name}")).IsRefreshFailed();
            })
            .ToList();
        await Lab.Proxy.WaitForRequestsAsync(before + 100);

        var clock = System.Diagnostics.Stopwatch.StartNew();
        for (var n = 0; n < 20; n++)
        {
            (await admin.GetAsync("credentials/quick")).IsNotDue();
        }

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(4));
        Assert.DoesNotContain(slow, static read => read.IsCompleted);
        await Task.WhenAll(slow);
        Lab.Proxy.Heal();
    }
}
