using System.Net;
using Axvault.Tests.Provider;
using Axvault.Tests.Server;

namespace Axvault.Tests.Refresh;

/// <summary><c>POST /credentials/{name}/refresh</c>.</summary>
public sealed class RefreshOrderServerTests(RefreshFixture fixture) : IClassFixture<RefreshFixture>
{
    private RefreshLab Lab => fixture.Lab;

    [Fact]
    public async Task An_order_refreshes_past_the_threshold_and_the_interval_and_shows_no_data()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutAsync("ordered");

        var answer = (await OrderAsync(admin, "ordered")).Is(HttpStatusCode.OK);
        (await OrderAsync(admin, "ordered")).Is(HttpStatusCode.OK);

        Assert.Equal(("refreshed", "ordered", "ok"), (answer.Json.GetProperty("outcome").GetString(), answer.Json.GetProperty("name").GetString(), answer.Status()));
        Assert.False(answer.Json.TryGetProperty("data", out _));
        var read = (await admin.GetAsync("credentials/ordered")).IsNotDue();
        Assert.NotEqual(first.RefreshToken, read.Token("refresh_token"));
        Assert.True(await Lab.Provider.IsValidAsync(read.Token("access_token")));
    }

    [Fact]
    public async Task An_order_needs_write_access()
    {
        using var admin = Lab.Admin();
        await Lab.PutAsync("forbidden");
        using var reader = await admin.WithNewKeyAsync(read: ["*"]);
        using var writer = await admin.WithNewKeyAsync(write: ["forbidden"]);

        (await OrderAsync(reader, "forbidden")).IsForbidden();
        (await OrderAsync(reader, "absent")).IsForbidden();
        (await OrderAsync(writer, "forbidden")).Is(HttpStatusCode.OK);
        using var anonymous = Lab.Servers[0].Client();
        (await OrderAsync(anonymous, "forbidden")).IsUnauthorized();
        (await OrderAsync(admin, "absent")).IsNotFound();
        (await OrderAsync(admin, "a%2Fb")).IsInvalid("name");
        (await OrderAsync(admin, "forbidden", "?force=perhaps")).IsInvalid("force");
    }

    [Theory]
    [InlineData("""{"type":"api-key","data":{"apiKey":"k"}}""")]
    [InlineData("""{"type":"oauth-credentials","provider":"lab","data":{"access_token":"a"}}""")]
    [InlineData("""{"type":"oauth-credentials","provider":"acme","data":{"access_token":"a","refresh_token":"r"}}""")]
    public async Task What_cannot_be_refreshed_is_a_conflict(string body)
    {
        using var admin = Lab.Admin();
        (await admin.PutAsync("credentials/conflict", body)).Is(HttpStatusCode.Created);

        (await OrderAsync(admin, "conflict")).IsProblem(HttpStatusCode.Conflict, "conflict");
    }

    [Fact]
    public async Task A_failure_answers_502_with_its_class_and_an_order_past_it_is_carried_out()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutAsync("failing");
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.Answer(503) : null);

        var answer = await OrderAsync(admin, "failing");
        answer.IsProblem(HttpStatusCode.BadGateway, "refresh-failed");
        Assert.Equal(("transient", "http_503"), (answer.Json.GetProperty("failure").GetString(), answer.Json.GetProperty("reason").GetString()));

        Lab.Proxy.Heal();
        (await OrderAsync(admin, "failing")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_dead_token_is_sent_again_on_an_order_alone()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("dead.ordered");
        await Lab.Provider.RefreshAsync(first.RefreshToken);
        (await admin.GetAsync("credentials/dead.ordered")).IsRefreshFailed();

        var answer = await OrderAsync(admin, "dead.ordered");

        answer.IsProblem(HttpStatusCode.BadGateway, "refresh-failed");
        Assert.Equal("permanent", answer.Json.GetProperty("failure").GetString());
        Assert.Equal(2, Lab.RequestsWith(first.RefreshToken).Count);
    }

    [Fact]
    public async Task A_token_whose_fate_is_not_known_is_sent_again_only_on_a_forced_order()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("unknown.ordered");
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.CutBefore : null);
        var cut = await OrderAsync(admin, "unknown.ordered");
        cut.IsProblem(HttpStatusCode.BadGateway, "refresh-failed");
        Assert.Equal("unknown", cut.Json.GetProperty("failure").GetString());
        Lab.Proxy.Heal();

        Assert.Contains("force=true", (await OrderAsync(admin, "unknown.ordered")).IsProblem(HttpStatusCode.Conflict, "conflict"), StringComparison.Ordinal);
        Assert.Single(Lab.RequestsWith(first.RefreshToken));

        (await OrderAsync(admin, "unknown.ordered", "?force=true")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_order_during_a_refresh_takes_what_that_one_gets()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("joined");
        using var gate = Lab.Proxy.Hold(HoldPoint.BeforeAnswering, request => request.RefreshToken == first.RefreshToken);
        var read = admin.GetAsync("credentials/joined");
        await gate.ReachedAsync();
        using var other = Lab.Admin();
        var order = OrderAsync(other, "joined");
        await Task.Delay(200, TestContext.Current.CancellationToken);

        gate.Release();

        (await read).IsRefreshed();
        (await order).Is(HttpStatusCode.OK);
        Assert.Single(Lab.RequestsWith(first.RefreshToken));
    }

    private static Task<Answer> OrderAsync(VaultClient client, string name, string query = "") => client.SendAsync(HttpMethod.Post, $"credentials/{name}/refresh{query}");
}
