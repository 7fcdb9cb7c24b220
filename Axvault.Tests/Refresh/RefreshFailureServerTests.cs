using System.Globalization;
using System.Net;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Refresh;

/// <summary>The state and the answers of a credential whose refresh failed.</summary>
public sealed class RefreshFailureServerTests(RefreshFixture fixture) : IClassFixture<RefreshFixture>
{
    /// <summary>Faults that leave it unknown whether the refresh token was used. The flag tells whether it was.</summary>
    public static TheoryData<string, bool> UnknownOutcomes =>
        new()
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
    public async Task A_transient_failure_is_recorded_and_retried_later(int status, string error)
    {
        using var admin = Lab.Admin();
        var name = string.Create(CultureInfo.InvariantCulture, $"transient.{status}");
        var first = await Lab.PutDueAsync(name);
        Lab.Proxy.Decide(request =>
            request.RefreshToken == first.RefreshToken
                ? status == 302
                    ? Fault.Redirect(302)
                    : Fault.Answer(status)
                : null
        );

        for (var n = 0; n < 5; n++)
        {
            Assert.Equal(first.AccessToken, (await admin.GetAsync($"credentials/{name}")).IsRefreshFailed().Token("access_token"));
        }

        Assert.Single(Lab.RequestsWith(first.RefreshToken));
        Assert.Empty(Lab.Proxy.Followed);
        var refresh = (await admin.GetAsync($"credentials/{name}")).Refresh();
        Assert.Equal(
            ("retrying", error, 1),
            (refresh.GetProperty("status").GetString(), refresh.GetProperty("error").GetString(), refresh.GetProperty("attempts").GetInt32())
        );
        Assert.True(refresh.GetProperty("nextAttemptAt").GetDateTimeOffset() > refresh.GetProperty("failedAt").GetDateTimeOffset());

        Lab.Proxy.Heal();
        await Lab.FallDueAsync(TimeSpan.FromMinutes(5), name);
        Assert.Equal("ok", (await admin.GetAsync($"credentials/{name}")).IsRefreshed().Status());
    }

    [Fact]
    public async Task A_retry_after_of_the_provider_is_respected()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("pause");
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.TooManyRequests(TimeSpan.FromMinutes(7)) : null);

        var refresh = (await admin.GetAsync("credentials/pause")).IsRefreshFailed().Refresh();

        Assert.Equal("retrying", refresh.GetProperty("status").GetString());
        Assert.InRange(
            refresh.GetProperty("nextAttemptAt").GetDateTimeOffset() - refresh.GetProperty("failedAt").GetDateTimeOffset(),
            TimeSpan.FromMinutes(6.9),
            TimeSpan.FromMinutes(7.1)
        );
        Lab.Proxy.Heal();
    }

    [Fact]
    public async Task A_permanently_refused_token_is_not_sent_again_until_the_next_put()
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
    public async Task A_token_with_an_unknown_outcome_is_resent_only_after_the_access_token_expires(string fault, bool used)
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

        // Once the access token has expired, nothing can be lost by one last attempt.
        await Lab.FallDueAsync(TimeSpan.FromMinutes(-1), name);
        var last = await admin.GetAsync($"credentials/{name}");
        await admin.GetAsync($"credentials/{name}");
        Assert.Equal(2, Lab.RequestsWith(first.RefreshToken).Count);
        Assert.Equal(used ? "failed" : "ok", (used ? last.IsRefreshFailed() : last.IsRefreshed()).Status());
    }

    [Fact]
    public async Task A_second_unknown_outcome_is_final()
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
    public async Task A_provider_with_a_reuse_leeway_is_asked_again_at_once()
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
    public async Task A_provider_with_a_reuse_leeway_is_asked_again_once()
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
    public async Task An_unreachable_provider_leaves_the_token_unused()
    {
        var port = FreePort.Next();
        var server = await Lab.AddServerAsync(
            ("AXVAULT_OAUTH_LAB_TOKEN_URL", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/token"))
        );
        using var admin = Lab.Admin(server);
        await Lab.PutDueAsync("unreached");

        var refresh = (await admin.GetAsync("credentials/unreached")).IsRefreshFailed().Refresh();

        Assert.Equal(("retrying", "unreachable"), (refresh.GetProperty("status").GetString(), refresh.GetProperty("error").GetString()));
        await server.WaitForOutputAsync("ConnectionRefused");
    }

    [Fact]
    public async Task A_failed_refresh_serves_the_expired_token()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutAsync("expired");
        await Lab.FallDueAsync(TimeSpan.FromMinutes(-5), "expired");
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.Answer(500) : null);

        Assert.Equal(first.AccessToken, (await admin.GetAsync("credentials/expired")).IsRefreshFailed().Token("access_token"));
        Lab.Proxy.Heal();
    }

    private static Fault Make(string fault) =>
        fault switch
        {
            nameof(Fault.CutBefore) => Fault.CutBefore,
            nameof(Fault.CutAfter) => Fault.CutAfter,
            nameof(Fault.Truncated) => Fault.Truncated,
            nameof(Fault.Malformed) => Fault.Malformed(),
            nameof(Fault.Huge) => Fault.Huge(1_100_000),
            _ => Fault.Answer((int)HttpStatusCode.GatewayTimeout),
        };
}
