using System.Net;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Refresh;

/// <summary><c>POST /credentials/{name}/refresh</c>.</summary>
public sealed class RefreshOrderServerTests(RefreshFixture fixture) : IClassFixture<RefreshFixture>
{
    private RefreshLab Lab => fixture.Lab;

    [Fact]
    public async Task A_refresh_call_ignores_threshold_and_interval_and_shows_no_data()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutAsync("ordered");

        var answer = (await RefreshCallAsync(admin, "ordered")).Is(HttpStatusCode.OK);
        (await RefreshCallAsync(admin, "ordered")).Is(HttpStatusCode.OK);

        Assert.Equal(
            ("refreshed", "ordered", "ok"),
            (answer.Json.GetProperty("outcome").GetString(), answer.Json.GetProperty("name").GetString(), answer.Status())
        );
        Assert.False(answer.Json.TryGetProperty("data", out _));
        var read = (await admin.GetAsync("credentials/ordered")).IsNotDue();
        Assert.NotEqual(first.RefreshToken, read.Token("refresh_token"));
        Assert.True(await Lab.Provider.IsValidAsync(read.Token("access_token")));
    }

    [Fact]
    public async Task A_refresh_call_needs_write_access()
    {
        using var admin = Lab.Admin();
        await Lab.PutAsync("forbidden");
        using var reader = await admin.WithNewKeyAsync(read: ["*"]);
        using var writer = await admin.WithNewKeyAsync(write: ["forbidden"]);

        (await RefreshCallAsync(reader, "forbidden")).IsForbidden();
        (await RefreshCallAsync(reader, "absent")).IsForbidden();
        (await RefreshCallAsync(writer, "forbidden")).Is(HttpStatusCode.OK);
        using var anonymous = Lab.Servers[0].Client();
        (await RefreshCallAsync(anonymous, "forbidden")).IsUnauthorized();
        (await RefreshCallAsync(admin, "absent")).IsNotFound();
        (await RefreshCallAsync(admin, "a%2Fb")).IsInvalid("name");
        (await RefreshCallAsync(admin, "forbidden", "?force=perhaps")).IsInvalid("force");
    }

    [Fact]
    public async Task A_refresh_call_shows_a_key_without_read_access_no_attributes()
    {
        using var admin = Lab.Admin();
        await Lab.PutAsync("unreadable");
        using var writer = await admin.WithNewKeyAsync(read: ["other"], write: ["unreadable"]);

        var answer = (await RefreshCallAsync(writer, "unreadable")).Is(HttpStatusCode.OK);

        Assert.Equal(["createdAt", "name", "outcome", "updatedAt"], answer.Members.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("""{"type":"api-key","data":{"apiKey":"k"}}""")]
    [InlineData("""{"type":"oauth-credentials","provider":"lab","data":{"access_token":"a"}}""")]
    [InlineData("""{"type":"oauth-credentials","provider":"acme","data":{"access_token":"a","refresh_token":"r"}}""")]
    public async Task A_credential_without_a_refresh_is_409(string body)
    {
        using var admin = Lab.Admin();
        (await admin.PutAsync("credentials/conflict", body)).Is(HttpStatusCode.Created);

        (await RefreshCallAsync(admin, "conflict")).IsProblem(HttpStatusCode.Conflict, "conflict");
    }

    [Fact]
    public async Task A_failed_refresh_call_is_502_with_its_class_and_can_be_repeated()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutAsync("failing");
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.Answer(503) : null);

        var answer = await RefreshCallAsync(admin, "failing");
        answer.IsProblem(HttpStatusCode.BadGateway, "refresh-failed");
        Assert.Equal(("transient", "http_503"), (answer.Json.GetProperty("failure").GetString(), answer.Json.GetProperty("reason").GetString()));

        Lab.Proxy.Heal();
        (await RefreshCallAsync(admin, "failing")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_permanently_refused_token_is_sent_again_only_by_a_refresh_call()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("dead.ordered");
        await Lab.Provider.RefreshAsync(first.RefreshToken);
        (await admin.GetAsync("credentials/dead.ordered")).IsRefreshFailed();

        var answer = await RefreshCallAsync(admin, "dead.ordered");

        answer.IsProblem(HttpStatusCode.BadGateway, "refresh-failed");
        Assert.Equal("permanent", answer.Json.GetProperty("failure").GetString());
        Assert.Equal(2, Lab.RequestsWith(first.RefreshToken).Count);
    }

    [Fact]
    public async Task A_token_with_an_unknown_outcome_is_sent_again_only_with_force()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("unknown.ordered");
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.CutBefore : null);
        var cut = await RefreshCallAsync(admin, "unknown.ordered");
        cut.IsProblem(HttpStatusCode.BadGateway, "refresh-failed");
        Assert.Equal("unknown", cut.Json.GetProperty("failure").GetString());
        Lab.Proxy.Heal();

        var refused = await RefreshCallAsync(admin, "unknown.ordered");
        Assert.Contains("force=true", refused.IsProblem(HttpStatusCode.Conflict, "conflict"), StringComparison.Ordinal);
        Assert.Single(Lab.RequestsWith(first.RefreshToken));

        (await RefreshCallAsync(admin, "unknown.ordered", "?force=true")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_refresh_call_during_a_refresh_shares_its_result()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("joined");
        using var gate = Lab.Proxy.Hold(HoldPoint.BeforeAnswering, request => request.RefreshToken == first.RefreshToken);
        var read = admin.GetAsync("credentials/joined");
        await gate.ReachedAsync();
        using var other = Lab.Admin();
        var order = RefreshCallAsync(other, "joined");
        await Task.Delay(200, TestContext.Current.CancellationToken);

        gate.Release();

        (await read).IsRefreshed();
        (await order).Is(HttpStatusCode.OK);
        Assert.Single(Lab.RequestsWith(first.RefreshToken));
    }

    private static Task<Answer> RefreshCallAsync(VaultClient client, string name, string query = "") =>
        client.SendAsync(HttpMethod.Post, $"credentials/{name}/refresh{query}");
}
