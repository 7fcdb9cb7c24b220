using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Refresh;

/// <summary>The vault sends each refresh token from one place only, whoever puts it, and under whatever name.</summary>
public sealed class RefreshTokenServerTests(VaultGraph graph, RefreshFixture fixture) : IClassFixture<RefreshFixture>
{
    private RefreshLab Lab => fixture.Lab;

    [Fact]
    public async Task A_file_that_is_put_again_after_its_token_rotated_is_refused()
    {
        using var admin = Lab.Admin();
        var old = await RotateAsync("again");

        var refused = await TryPutAsync("again", old);

        refused.IsProblem(HttpStatusCode.Conflict, "conflict");
        Assert.Contains("log in anew", refused.Text, StringComparison.Ordinal);
        await IsAliveAsync("again");
        Assert.Single(Lab.RequestsWith(old.RefreshToken));
    }

    [Fact]
    public async Task A_spent_token_is_refused_under_every_name_and_after_a_purge()
    {
        using var admin = Lab.Admin();
        var old = await RotateAsync("purged");
        (await TryPutAsync("purged.twin", old)).IsProblem(HttpStatusCode.Conflict, "conflict");

        (await admin.DeleteAsync("credentials/purged?purge=true")).Is(HttpStatusCode.NoContent);

        (await TryPutAsync("purged", old)).IsProblem(HttpStatusCode.Conflict, "conflict");
    }

    [Fact]
    public async Task A_spent_token_is_refused_after_a_restart_and_in_another_shape()
    {
        await using var lab = await RefreshLab.StartAsync(graph);
        var old = await lab.PutDueAsync("first");
        using (var admin = lab.Admin())
        {
            (await admin.GetAsync("credentials/first")).Is(HttpStatusCode.OK);
        }

        await lab.RestartAsync(0);

        using var restarted = lab.Admin();
        var nested = new { claudeAiOauth = new { accessToken = "at", refreshToken = old.RefreshToken, expiresAt = 4102444800000 } };
        var refused = await restarted.PutAsync("credentials/second", new { type = "oauth-credentials", agent = "claude", data = nested });
        refused.IsProblem(HttpStatusCode.Conflict, "conflict");
    }

    [Theory]
    [InlineData("*", true)]
    [InlineData("twin.b", false)]
    public async Task A_token_under_a_second_name_is_refused_and_names_the_first_to_readers(string readable, bool isNamed)
    {
        using var admin = Lab.Admin();
        var name = $"twin.a{(isNamed ? 1 : 2)}";
        var issued = await Lab.PutAsync(name);
        using var writer = await admin.WithNewKeyAsync(read: [readable], write: ["twin.b"]);

        var refused = await TryPutAsync("twin.b", issued, writer);

        refused.IsProblem(HttpStatusCode.Conflict, "conflict");
        Assert.Equal(isNamed, refused.Text.Contains(name, StringComparison.Ordinal));
        await IsAliveAsync(name);
    }

    [Fact]
    public async Task A_forced_twin_is_stored_and_not_refreshed()
    {
        using var admin = Lab.Admin();
        var issued = await Lab.PutDueAsync("forced.a");

        (await TryPutAsync("forced.b", issued, force: true)).Is(HttpStatusCode.Created);
        await Lab.FallDueAsync(TimeSpan.FromMinutes(5), "forced.b");

        var twin = (await admin.GetAsync("credentials/forced.b")).IsRefreshFailed();
        Assert.Equal(("failed", "refresh_token_taken"), (twin.Status(), twin.Refresh().GetProperty("error").GetString()));
        (await admin.SendAsync(HttpMethod.Post, "credentials/forced.b/refresh?force=true")).IsProblem(HttpStatusCode.Conflict, "conflict");
        Assert.Empty(Lab.RequestsWith(issued.RefreshToken));
        await IsAliveAsync("forced.a");
    }

    [Fact]
    public async Task A_credential_can_be_put_again_while_its_token_is_unused()
    {
        var issued = await Lab.PutAsync("unused");

        (await TryPutAsync("unused", issued)).Is(HttpStatusCode.Created);

        await IsAliveAsync("unused");
    }

    [Fact]
    public async Task A_deleted_credential_can_be_put_under_another_name()
    {
        using var admin = Lab.Admin();
        var issued = await Lab.PutAsync("moved.a");
        (await admin.DeleteAsync("credentials/moved.a")).Is(HttpStatusCode.NoContent);

        (await TryPutAsync("moved.b", issued)).Is(HttpStatusCode.Created);

        (await admin.PostAsync("credentials/moved.a/undelete", "")).IsProblem(HttpStatusCode.Conflict, "conflict");
        await IsAliveAsync("moved.b");
    }

    [Fact]
    public async Task A_version_whose_token_a_later_one_spent_is_not_restored()
    {
        using var admin = Lab.Admin();
        var issued = await Lab.PutAsync("kept");
        (await TryPutAsync("kept", issued)).Is(HttpStatusCode.Created);
        await Lab.FallDueAsync(TimeSpan.FromMinutes(5), "kept");
        (await admin.GetAsync("credentials/kept")).Is(HttpStatusCode.OK);
        var version = (await admin.GetAsync("credentials/kept/versions")).Json.GetProperty("versions")[0].GetProperty("version").GetString();

        (await admin.PostAsync($"credentials/kept/versions/{version}/restore", "")).IsProblem(HttpStatusCode.Conflict, "conflict");

        await IsAliveAsync("kept");
        (await admin.PostAsync($"credentials/kept/versions/{version}/restore?force=true", "")).Is(HttpStatusCode.OK);
        await Lab.FallDueAsync(TimeSpan.FromMinutes(5), "kept");
        Assert.Equal("refresh_token_taken", (await admin.GetAsync("credentials/kept")).IsRefreshFailed().Refresh().GetProperty("error").GetString());
        Assert.Single(Lab.RequestsWith(issued.RefreshToken));
    }

    [Fact]
    public async Task A_token_that_is_being_sent_is_refused()
    {
        using var admin = Lab.Admin();
        var issued = await Lab.PutDueAsync("sent");
        using var gate = Lab.Proxy.Hold(HoldPoint.BeforeAnswering, request => request.RefreshToken == issued.RefreshToken);
        var read = admin.GetAsync("credentials/sent");
        await gate.ReachedAsync();

        (await TryPutAsync("sent", issued)).IsProblem(HttpStatusCode.Conflict, "conflict");

        gate.Release();
        (await read).Is(HttpStatusCode.OK);
        await IsAliveAsync("sent");
    }

    [Fact]
    public async Task A_token_that_the_provider_did_not_use_may_be_put_again()
    {
        using var admin = Lab.Admin();
        var issued = await Lab.PutDueAsync("busy");
        Lab.Proxy.Decide(request => request.RefreshToken == issued.RefreshToken ? Fault.Answer(429) : null);
        (await admin.GetAsync("credentials/busy")).IsRefreshFailed();
        Lab.Proxy.Heal();

        (await TryPutAsync("busy", issued)).Is(HttpStatusCode.Created);

        await IsAliveAsync("busy");
    }

    [Fact]
    public async Task Many_twins_that_are_put_at_once_leave_one()
    {
        using var admin = Lab.Admin();
        var issued = await Lab.Provider.IssueAsync("crowd");

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(place => TryPutAsync($"crowd.{place}", issued)));

        Assert.Single(answers, static answer => answer.Status == HttpStatusCode.Created);
        Assert.All(answers.Where(static answer => answer.Status != HttpStatusCode.Created), static answer =>
            answer.IsProblem(HttpStatusCode.Conflict, "conflict")
        );
    }

    private async Task<IssuedTokens> RotateAsync(string name)
    {
        using var admin = Lab.Admin();
        var issued = await Lab.PutDueAsync(name);
        (await admin.GetAsync($"credentials/{name}")).Is(HttpStatusCode.OK);
        Assert.Single(Lab.RequestsWith(issued.RefreshToken));
        return issued;
    }

    private async Task<Answer> TryPutAsync(string name, IssuedTokens issued, VaultClient? client = null, bool force = false)
    {
        using var admin = Lab.Admin();
        var data = new Dictionary<string, object>
        {
            ["access_token"] = issued.AccessToken,
            ["refresh_token"] = issued.RefreshToken,
            ["expires_at"] = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds(),
        };
        var body = new
        {
            type = "oauth-credentials",
            provider = RefreshLab.ProviderName,
            data,
        };
        return await (client ?? admin).PutAsync($"credentials/{name}{(force ? "?force=true" : "")}", body);
    }

    // The provider has not revoked the login: it grants the next refresh.
    private async Task IsAliveAsync(string name)
    {
        using var admin = Lab.Admin();
        var before = (await admin.GetAsync($"credentials/{name}")).Token("refresh_token");
        (await admin.SendAsync(HttpMethod.Post, $"credentials/{name}/refresh")).Is(HttpStatusCode.OK);
        Assert.NotEqual(before, (await admin.GetAsync($"credentials/{name}")).Token("refresh_token"));
    }
}
