using System.Globalization;
using System.Net;
using Axvault.Tests.Provider;
using Axvault.Tests.Server;

namespace Axvault.Tests.Refresh;

/// <summary>What becomes of a credential whose refresh failed.</summary>
public sealed class RefreshFailureServerTests(RefreshFixture fixture) : IClassFixture<RefreshFixture>
{
    /// <summary>Faults after which nobody knows whether the refresh token was used, and whether it was.</summary>
    public static TheoryData<string, bool> UnknownOutcomes => new()
    {
        { nameof(Fault.CutBefore), false },
        { nameof(Fault.CutAfter), true },
        { nameof(Fault.Truncated), true },
        { nameof(Fault.Malformed), true },
        { nameof(Fault.Huge), true },
        { "GatewayTimeout", false },
    };

    private RefreshLab Lab => fixture.Lab;

    [Theory]
    [InlineData(500, "http_500")]
    [InlineData(503, "http_503")]
    [InlineData(302, "http_302")]
    [InlineData(404, "http_404")]
    public async Task A_failure_that_may_pass_is_remembered_and_tried_again_later(int status, string error)
    {
        using var admin = Lab.Admin();
        var name = string.Create(CultureInfo.InvariantCulture, $"transient.{status}");
        var first = await Lab.PutDueAsync(name);
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? status == 302 ? Fault.Redirect(302) : Fault.Answer(status) : null);

        for (var n = 0; n < 5; n++)
        {
            Assert.Equal(first.AccessToken, (await admin.GetAsync($"credentials/{name}")).IsRefreshFailed().Token("access_token"));
        }

        Assert.Single(Lab.RequestsWith(first.RefreshToken));
        Assert.Empty(Lab.Proxy.Followed);
        var refresh = (await admin.GetAsync($"credentials/{name}")).Refresh();
        Assert.Equal(("retrying", error, 1), (refresh.GetProperty("status").GetString(), refresh.GetProperty("error").GetString(), refresh.GetProperty("attempts").GetInt32()));
        Assert.True(refresh.GetProperty("nextAttemptAt").GetDateTimeOffset() > refresh.GetProperty("failedAt").GetDateTimeOffset());

        Lab.Proxy.Heal();
        await Lab.FallDueAsync(TimeSpan.FromMinutes(5), name);
        Assert.Equal("ok", (await admin.GetAsync($"credentials/{name}")).IsRefreshed().Status());
    }

    [Fact]
    public async Task A_provider_that_asks_for_a_pause_gets_it()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("pause");
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.TooManyRequests(TimeSpan.FromMinutes(7)) : null);

        var refresh = (await admin.GetAsync("credentials/pause")).IsRefreshFailed().Refresh();

        Assert.Equal("retrying", refresh.GetProperty("status").GetString());
        Assert.InRange(
            refresh.GetProperty("nextAttemptAt").GetDateTimeOffset() - refresh.GetProperty("failedAt").GetDateTimeOffset(), TimeSpan.FromMinutes(6.9), TimeSpan.FromMinutes(7.1));
        Lab.Proxy.Heal();
    }

    [Fact]
    public async Task A_token_that_the_provider_refuses_for_good_is_not_sent_again_until_the_next_put()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("dead");
        await Lab.Provider.RefreshAsync(first.RefreshToken);

        for (var n = 0; n < 5; n++)
        {
            (await admin.GetAsync("credentials/dead")).IsRefreshFailed();
        }

        var refresh = (await admin.GetAsync("credentials/dead")).Refresh();
        Assert.Equal(("failed", "invalid_grant"), (refresh.GetProperty("status").GetString(), refresh.GetProperty("error").GetString()));
        Assert.False(refresh.TryGetProperty("nextAttemptAt", out _));
        await Lab.FallDueAsync(TimeSpan.FromMinutes(-5), "dead");
        (await admin.GetAsync("credentials/dead")).IsRefreshFailed();
        Assert.Single(Lab.RequestsWith(first.RefreshToken));

        await Lab.PutDueAsync("dead");
        (await admin.GetAsync("credentials/dead")).IsRefreshed();
    }

    [Theory]
    [MemberData(nameof(UnknownOutcomes))]
    public async Task A_token_whose_fate_is_not_known_is_not_sent_again_while_the_access_token_is_valid(string fault, bool used)
    {
        using var admin = Lab.Admin();
        var name = $"unknown.{fault}";
        var first = await Lab.PutDueAsync(name);
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Make(fault) : null);

        for (var n = 0; n < 3; n++)
        {
            Assert.Equal(first.AccessToken, (await admin.GetAsync($"credentials/{name}")).IsRefreshFailed().Token("access_token"));
        }

        Lab.Proxy.Heal();
        await Lab.FallDueAsync(TimeSpan.FromMinutes(5), name);
        Assert.Equal("unknown", (await admin.GetAsync($"credentials/{name}")).IsRefreshFailed().Status());
        Assert.Single(Lab.RequestsWith(first.RefreshToken));

        // Expired, there is nothing left to lose: one last attempt.
        await Lab.FallDueAsync(TimeSpan.FromMinutes(-1), name);
        var last = await admin.GetAsync($"credentials/{name}");
        await admin.GetAsync($"credentials/{name}");
        Assert.Equal(2, Lab.RequestsWith(first.RefreshToken).Count);
        Assert.Equal(used ? "failed" : "ok", (used ? last.IsRefreshFailed() : last.IsRefreshed()).Status());
    }

    [Fact]
    public async Task The_last_attempt_is_the_last_when_its_outcome_is_not_known_either()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("last");
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.CutBefore : null);
        (await admin.GetAsync("credentials/last")).IsRefreshFailed();
        await Lab.FallDueAsync(TimeSpan.FromMinutes(-1), "last");
        Assert.Equal("failed", (await admin.GetAsync("credentials/last")).IsRefreshFailed().Status());

        await Lab.FallDueAsync(TimeSpan.FromMinutes(-1), "last");
        (await admin.GetAsync("credentials/last")).IsRefreshFailed();

        Assert.Equal(2, Lab.RequestsWith(first.RefreshToken).Count);
        Lab.Proxy.Heal();
    }

    [Fact]
    public async Task A_provider_that_grants_a_token_again_for_a_while_is_asked_again_at_once()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("leeway", RefreshLab.LenientProviderName);
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken && Lab.RequestsWith(first.RefreshToken).Count == 1 ? Fault.CutBefore : null);

        (await admin.GetAsync("credentials/leeway")).IsRefreshed();

        var requests = Lab.RequestsWith(first.RefreshToken);
        Assert.Equal(2, requests.Count);
        Assert.All(requests, static request => Assert.StartsWith("application/json", request.ContentType, StringComparison.Ordinal));
        Lab.Proxy.Heal();
    }

    [Fact]
    public async Task Even_then_it_is_not_hurried()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("leeway.twice", RefreshLab.LenientProviderName);
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.CutBefore : null);

        for (var n = 0; n < 3; n++)
        {
            (await admin.GetAsync("credentials/leeway.twice")).IsRefreshFailed();
        }

        Assert.Equal(2, Lab.RequestsWith(first.RefreshToken).Count);
        Lab.Proxy.Heal();
    }

    [Fact]
    public async Task A_provider_that_is_not_reached_has_not_taken_the_token()
    {
        var port = FreePort.Next();
        using var admin = Lab.Admin(await Lab.AddServerAsync(("AXVAULT_OAUTH_LAB_TOKEN_URL", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/token"))));
        await Lab.PutDueAsync("unreached");

        var refresh = (await admin.GetAsync("credentials/unreached")).IsRefreshFailed().Refresh();

        Assert.Equal(("retrying", "unreachable"), (refresh.GetProperty("status").GetString(), refresh.GetProperty("error").GetString()));
    }

    [Fact]
    public async Task An_expired_token_is_served_with_the_failure()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutAsync("expired");
        await Lab.FallDueAsync(TimeSpan.FromMinutes(-5), "expired");
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.Answer(500) : null);

        Assert.Equal(first.AccessToken, (await admin.GetAsync("credentials/expired")).IsRefreshFailed().Token("access_token"));
        Lab.Proxy.Heal();
    }

    private static Fault Make(string fault) => fault switch
    {
        nameof(Fault.CutBefore) => Fault.CutBefore,
        nameof(Fault.CutAfter) => Fault.CutAfter,
        nameof(Fault.Truncated) => Fault.Truncated,
        nameof(Fault.Malformed) => Fault.Malformed(),
        nameof(Fault.Huge) => Fault.Huge(70_000),
        _ => Fault.Answer((int)HttpStatusCode.GatewayTimeout),
    };
}
