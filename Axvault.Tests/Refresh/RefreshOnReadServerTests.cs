using System.Globalization;
using System.Net;
using System.Text.Json;
using Axvault.Tests.Provider;
using Axvault.Tests.Server;

namespace Axvault.Tests.Refresh;

/// <summary>Reads that refresh, at a real provider.</summary>
public sealed class RefreshOnReadServerTests(RefreshFixture fixture) : IClassFixture<RefreshFixture>
{
    private RefreshLab Lab => fixture.Lab;

    [Fact]
    public async Task A_read_of_a_credential_that_is_due_refreshes_it_and_changes_nothing_but_its_tokens_and_expiry()
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
        Assert.Equal(["access_token", "refresh_token", "expires_at", "kept"], answer.Json.GetProperty("data").EnumerateObject().Select(static member => member.Name));
    }

    [Fact]
    public async Task What_was_refreshed_is_served_without_another_refresh()
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
    public async Task Who_has_a_credential_that_is_due_gets_the_new_one_and_its_tag_and_then_has_that()
    {
        using var admin = Lab.Admin();
        await Lab.PutDueAsync("held");
        var first = await TagAsync("held");

        var refreshed = (await admin.GetAsync("credentials/held", "If-None-Match", first)).IsRefreshed();

        Assert.NotEqual(first, refreshed.Tag);
        (await admin.GetAsync("credentials/held", "If-None-Match", refreshed.Tag)).Is(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task A_refresh_that_fails_changes_its_state_and_not_the_tag()
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
    public async Task Several_that_are_due_are_refreshed_at_once_each_once_and_one_that_fails_is_served()
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

        var outcomes = (await admin.PostAsync("credentials/read", new { names = names.Append("batch.fresh") })).Is(HttpStatusCode.OK).Json.GetProperty("credentials").EnumerateArray().ToList();

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
    public async Task A_fresh_credential_is_not_refreshed()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutAsync("fresh");
        await Lab.FallDueAsync(TimeSpan.FromHours(2), "fresh");

        Assert.Equal(first.AccessToken, (await admin.GetAsync("credentials/fresh")).IsNotDue().Token("access_token"));

        Assert.Empty(Lab.RequestsWith(first.RefreshToken));
    }

    [Fact]
    public async Task A_key_that_may_only_read_triggers_a_refresh()
    {
        using var admin = Lab.Admin();
        await Lab.PutDueAsync("read.only");
        using var reader = await admin.WithNewKeyAsync(read: ["read.only"]);

        (await reader.GetAsync("credentials/read.only")).IsRefreshed();
    }

    [Fact]
    public async Task The_list_shows_what_came_of_refreshes_and_refreshes_nothing()
    {
        using var admin = Lab.Admin();
        await Lab.PutDueAsync("listed.1");
        var second = await Lab.PutDueAsync("listed.2");
        await admin.GetAsync("credentials/listed.1");
        using var reader = await admin.WithNewKeyAsync(read: ["listed.*"]);

        var listed = (await reader.GetAsync("credentials")).Is(HttpStatusCode.OK).Json.GetProperty("credentials").EnumerateArray().ToList();

        Assert.Equal("ok", listed[0].GetProperty("refresh").GetProperty("status").GetString());
        Assert.True(listed[0].GetProperty("refresh").TryGetProperty("lastRefreshedAt", out _));
        Assert.False(listed[1].TryGetProperty("refresh", out _));
        Assert.All(listed, static credential => Assert.False(credential.TryGetProperty("data", out _)));
        Assert.Empty(Lab.RequestsWith(second.RefreshToken));
    }

    [Fact]
    public async Task A_credential_of_an_unknown_provider_is_served_as_it_is_and_logged_once()
    {
        using var admin = Lab.Admin();
        await Lab.PutAsync("unknown.provider", "acme");
        await Lab.FallDueAsync(TimeSpan.FromMinutes(5), "unknown.provider");

        for (var n = 0; n < 3; n++)
        {
            (await admin.GetAsync("credentials/unknown.provider")).IsNotDue();
        }

        await Lab.Servers[0].WaitForOutputAsync("its provider is not known");
        Assert.Single(Lab.Servers[0].Output, static line => line.Contains("unknown.provider", StringComparison.Ordinal) && line.Contains("its provider is not known", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_provider_that_lacks_its_secret_is_said_to_lack_it()
    {
        using var admin = Lab.Admin();
        (await admin.PutAsync("credentials/gemini.ci", new
        {
            type = "oauth-credentials",
            agent = "gemini",
            data = new { access_token = "a", refresh_token = "r", expiry_date = DateTimeOffset.UtcNow.AddMinutes(1).ToUnixTimeMilliseconds() },
        })).Is(HttpStatusCode.Created);

        (await admin.GetAsync("credentials/gemini.ci")).IsRefreshFailed();

        await Lab.Servers[0].WaitForOutputAsync("AXVAULT_OAUTH_GEMINI_CLIENT_SECRET");
        Assert.Contains("AXVAULT_OAUTH_GEMINI_CLIENT_SECRET", (await admin.PostAsync("credentials/gemini.ci/refresh", "{}")).IsProblem(HttpStatusCode.Conflict, "conflict"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("oauth-token")]
    [InlineData("api-key")]
    public async Task Only_oauth_credentials_are_refreshed(string type)
    {
        using var admin = Lab.Admin();
        var issued = await Lab.Provider.IssueAsync(type);
        var data = new { access_token = issued.AccessToken, refresh_token = issued.RefreshToken, expires_at = DateTimeOffset.UtcNow.AddMinutes(1).ToUnixTimeSeconds() };
        (await admin.PutAsync($"credentials/{type}", new { type, provider = RefreshLab.ProviderName, data })).Is(HttpStatusCode.Created);

        (await admin.GetAsync($"credentials/{type}")).IsNotDue();

        Assert.Empty(Lab.RequestsWith(issued.RefreshToken));
    }

    [Fact]
    public async Task The_expiry_that_the_body_gives_beats_the_one_in_the_data()
    {
        using var admin = Lab.Admin();
        var issued = await Lab.Provider.IssueAsync("body");
        var data = new { access_token = issued.AccessToken, refresh_token = issued.RefreshToken, expires_at = DateTimeOffset.UtcNow.AddDays(1).ToUnixTimeSeconds() };
        var expiresAt = DateTimeOffset.UtcNow.AddMinutes(1);
        (await admin.PutAsync("credentials/body.expiry", new { type = "oauth-credentials", provider = RefreshLab.ProviderName, data, expiresAt })).Is(HttpStatusCode.Created);

        var answer = (await admin.GetAsync("credentials/body.expiry")).IsRefreshed();

        var expiry = DateTimeOffset.Parse(answer.Json.GetProperty("expiresAt").GetString()!, CultureInfo.InvariantCulture);
        Assert.Equal(expiry.ToUnixTimeSeconds(), answer.Json.GetProperty("data").GetProperty("expires_at").GetInt64());
    }

    [Fact]
    public async Task A_provider_that_sends_no_new_refresh_token_leaves_the_old_one()
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
    public async Task Readers_that_come_at_once_make_one_request_and_all_get_the_new_token()
    {
        var first = await Lab.PutDueAsync("crowd");
        Lab.Proxy.Decide(request => request.RefreshToken == first.RefreshToken ? Fault.None with { DelayBefore = TimeSpan.FromMilliseconds(300) } : null);

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            using var admin = Lab.Admin();
            return await admin.GetAsync("credentials/crowd");
        }));

        Assert.Single(Lab.RequestsWith(first.RefreshToken));
        Assert.Single(answers.Select(static answer => answer.Is(HttpStatusCode.OK).Token("access_token")).Distinct());
        Assert.True(await Lab.Provider.IsValidAsync(answers[0].Token("access_token")));
        Assert.Contains(answers, static answer => answer.Headers.ContainsKey("X-Axvault-Refreshed"));
        Lab.Proxy.Heal();
    }

    [Fact]
    public async Task A_reader_that_hangs_up_loses_nothing()
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
    public async Task A_push_during_a_refresh_wins()
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
    public async Task A_reader_waits_no_longer_than_the_timeout()
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
    public async Task Other_reads_are_served_while_a_hundred_refreshes_are_slow()
    {
        var names = Enumerable.Range(0, 100).Select(static n => string.Create(CultureInfo.InvariantCulture, $"slow.{n}")).ToArray();
        var issued = await Lab.Provider.IssueAsync("slow");
        foreach (var name in names)
        {
            await Lab.PutAsync(name, issued);
        }

        await Lab.FallDueAsync(TimeSpan.FromMinutes(5), names);
        using var admin = Lab.Admin();
        (await admin.PutCredentialAsync("quick")).Is(HttpStatusCode.Created);
        Lab.Proxy.Decide(request => request.RefreshToken == issued.RefreshToken ? Fault.Answer(500) with { DelayBefore = TimeSpan.FromSeconds(5) } : null);
        var before = Lab.Proxy.Requests.Count;
        var slow = names.Select(async name =>
        {
            using var client = Lab.Admin();
            return (await client.GetAsync($"credentials/{name}")).IsRefreshFailed();
        }).ToList();
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

    [Fact]
    public async Task No_token_is_in_the_log()
    {
        using var admin = Lab.Admin();
        var first = await Lab.PutDueAsync("log");
        var second = (await admin.GetAsync("credentials/log")).IsRefreshed();
        await Lab.FallDueAsync(TimeSpan.FromMinutes(5), "log");
        Lab.Proxy.Decide(request => request.RefreshToken == second.Token("refresh_token")
            ? Fault.Answer(400, JsonSerializer.Serialize(new { error = request.RefreshToken, error_description = request.RefreshToken }))
            : null);
        var failed = (await admin.GetAsync("credentials/log")).IsRefreshFailed();

        Assert.Equal("http_400", failed.Refresh().GetProperty("error").GetString());
        var written = string.Join('\n', Lab.Servers[0].Output.Concat(Lab.Servers[0].Errors));
        Assert.All(
            [first.AccessToken, first.RefreshToken, second.Token("access_token"), second.Token("refresh_token")],
            token => Assert.DoesNotContain(token, written, StringComparison.Ordinal));
        Lab.Proxy.Heal();
    }

    // The tag of what is due, without refreshing it: that of the moment before it fell due.
    private async Task<string> TagAsync(string name)
    {
        using var admin = Lab.Admin();
        await Lab.FallDueAsync(TimeSpan.FromHours(2), name);
        var tag = (await admin.GetAsync($"credentials/{name}")).IsNotDue().Tag;
        await Lab.FallDueAsync(TimeSpan.FromMinutes(5), name);
        return tag;
    }
}
