using System.Globalization;
using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Provider;

namespace Axvault.Tests.Refresh;

/// <summary>Reads that refresh a credential, with the test provider.</summary>
public sealed class RefreshOnReadServerTests(RefreshFixture fixture) : IClassFixture<RefreshFixture>
{
    private RefreshLab Lab => fixture.Lab;

    [Fact]
    public async Task A_read_of_a_due_credential_changes_only_its_tokens_and_expiry()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("due");
        var before = DateTimeOffset.UtcNow;

        var answer = (await admin.GetAsync("credentials/due")).IsRefreshed();

        Assert.NotEqual(first.AccessToken, answer.Token("access_token"));
        Assert.NotEqual(first.RefreshToken, answer.Token("refresh_token"));
        Assert.True(await Lab.Provider.IsValidAsync(answer.Token("access_token")));
        Assert.Equal("as it is", answer.Token("kept"));
        var request = Assert.Single(Lab.RequestsWith(first.RefreshToken));
        Assert.StartsWith("axvault/", request.UserAgent, StringComparison.Ordinal);
        var expiry = DateTimeOffset.Parse(answer.Json.GetProperty("expiresAt").GetString()!, CultureInfo.InvariantCulture);
        Assert.Equal(expiry.ToUnixTimeMilliseconds(), answer.Json.GetProperty("data").GetProperty("expires_at").GetInt64());
        Assert.InRange(expiry, before.AddMinutes(58), before.AddMinutes(62));
        Assert.Equal("ok", answer.Status());
        Assert.Equal(
            ["access_token", "refresh_token", "expires_at", "kept"],
            answer.Json.GetProperty("data").EnumerateObject().Select(static member => member.Name)
        );
    }

    [Fact]
    public async Task A_refreshed_credential_is_served_without_another_refresh()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("once");
        var refreshed = (await admin.GetAsync("credentials/once")).IsRefreshed();

        for (var n = 0; n < 20; n++)
        {
            Assert.Equal(refreshed.Token("access_token"), (await admin.GetAsync("credentials/once")).IsNotDue().Token("access_token"));
        }

        Assert.Single(Lab.RequestsWith(first.RefreshToken));
        Assert.Empty(Lab.RequestsWith(refreshed.Token("refresh_token")));
    }

    [Fact]
    public async Task A_conditional_read_of_a_due_credential_returns_the_new_one_and_its_tag()
    {
        using var admin = Lab.Admin();
        await Lab.PutDueAsync("held");
        var first = await TagAsync("held");

        var refreshed = (await admin.GetAsync("credentials/held", "If-None-Match", first)).IsRefreshed();

        Assert.NotEqual(first, refreshed.Tag);
        (await admin.GetAsync("credentials/held", "If-None-Match", refreshed.Tag)).Is(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task A_failed_refresh_changes_the_state_and_not_the_tag()
    {
        using var admin = Lab.Admin();
        var issued = await Lab.PutDueAsync("held.failing");
        var first = await TagAsync("held.failing");
        Lab.Proxy.Decide(request => request.RefreshToken == issued.RefreshToken ? Fault.Answer(500) : null);

        var answer = await admin.GetAsync("credentials/held.failing", "If-None-Match", first);

        answer.Is(HttpStatusCode.NotModified);
        Assert.Equal("true", answer.Headers.GetValueOrDefault("X-Axvault-Refresh-Failed"));
        var failed = (await admin.GetAsync("credentials/held.failing")).IsRefreshFailed();
        Assert.Equal(("retrying", first), (failed.Status(), failed.Tag));
        Lab.Proxy.Heal();
    }

    [Fact]
    public async Task A_batch_read_refreshes_each_due_credential_once_and_serves_failed_ones()
    {
        using var admin = Lab.Admin();
        string[] names = ["batch.1", "batch.2", "batch.3", "batch.failing"];
        var issued = new Dictionary<string, IssuedTokens>();
        foreach (var name in names)
        {
            issued[name] = await Lab.PutDueAsync(name);
        }

        await Lab.PutAsync("batch.fresh");
        await Lab.FallDueAsync(TimeSpan.FromHours(2), "batch.fresh");
        var failing = issued["batch.failing"].RefreshToken;
        Lab.Proxy.Decide(request => request.RefreshToken == failing ? Fault.Answer(500) : null);

        var outcomes = (await admin.PostAsync("credentials/read", new { names = names.Append("batch.fresh") }))
            .Is(HttpStatusCode.OK)
            .Json.GetProperty("credentials")
            .EnumerateArray()
            .ToList();

        Assert.All(outcomes, static outcome => Assert.Equal(200, outcome.GetProperty("status").GetInt32()));
        Assert.Equal([true, true, true, false, false], outcomes.Select(static outcome => outcome.TryGetProperty("refreshed", out _)));
        Assert.Equal([false, false, false, true, false], outcomes.Select(static outcome => outcome.TryGetProperty("refreshFailed", out _)));
        Assert.All(issued.Values, tokens => Assert.Single(Lab.RequestsWith(tokens.RefreshToken)));
        Assert.Equal(issued["batch.failing"].AccessToken, outcomes[3].GetProperty("credential").GetProperty("data").GetProperty("access_token").GetString());
        for (var n = 0; n < 3; n++)
        {
            Assert.Equal((await admin.GetAsync($"credentials/{names[n]}")).IsNotDue().Text, outcomes[n].GetProperty("credential").GetRawText());
        }

        Lab.Proxy.Heal();
    }

    [Fact]
    public async Task A_read_only_key_triggers_a_refresh()
    {
        using var admin = Lab.Admin();
        await Lab.PutDueAsync("read.only");
        using var reader = await admin.WithNewKeyAsync(read: ["read.only"]);

        (await reader.GetAsync("credentials/read.only")).IsRefreshed();
    }

    [Fact]
    public async Task A_refresh_without_a_new_refresh_token_keeps_the_old_one()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("kept");
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.Rewrite(static answer => answer.Remove("refresh_token")) : null);

        var answer = (await admin.GetAsync("credentials/kept")).IsRefreshed();

        Assert.Equal(first.RefreshToken, answer.Token("refresh_token"));
        Assert.True(await Lab.Provider.IsValidAsync(answer.Token("access_token")));
        Lab.Proxy.Heal();
    }

    [Fact]
    public async Task No_token_is_in_the_log()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("log");
        var second = (await admin.GetAsync("credentials/log")).IsRefreshed();
        await Lab.FallDueAsync(TimeSpan.FromMinutes(5), "log");
        Lab.Proxy.Decide(request =>
            request.RefreshToken == second.Token("refresh_token")
                ? Fault.Answer(400, JsonSerializer.Serialize(new { error = request.RefreshToken, error_description = request.RefreshToken }))
                : null
        );
        var failed = (await admin.GetAsync("credentials/log")).IsRefreshFailed();

        Assert.Equal("http_400", failed.Refresh().GetProperty("error").GetString());
        var written = string.Join('\n', Lab.Servers[0].Output.Concat(Lab.Servers[0].Errors));
        Assert.All([first.AccessToken, first.RefreshToken, second.Token("access_token"), second.Token("refresh_token")], token =>
            Assert.DoesNotContain(token, written, StringComparison.Ordinal)
        );
        Lab.Proxy.Heal();
    }

    // Returns the tag of a due credential without refreshing it: the tag from before it fell due.
    private async Task<string> TagAsync(string name)
    {
        using var admin = Lab.Admin();
        await Lab.FallDueAsync(TimeSpan.FromHours(2), name);
        var tag = (await admin.GetAsync($"credentials/{name}")).IsNotDue().Tag;
        await Lab.FallDueAsync(TimeSpan.FromMinutes(5), name);
        return tag;
    }
}
