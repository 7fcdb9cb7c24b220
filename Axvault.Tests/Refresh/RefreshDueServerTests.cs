using System.Globalization;
using System.Net;

namespace Axvault.Tests.Refresh;

/// <summary>The credentials that a read refreshes, and those that it does not.</summary>
public sealed class RefreshDueServerTests(RefreshFixture fixture) : IClassFixture<RefreshFixture>
{
    private RefreshLab Lab => fixture.Lab;

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
    public async Task The_list_shows_the_refresh_state_and_refreshes_nothing()
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
    public async Task A_credential_of_an_unknown_provider_says_so_and_is_logged_once()
    {
        using var admin = Lab.Admin();
        await Lab.PutAsync("unknown.provider", "acme");
        await Lab.FallDueAsync(TimeSpan.FromMinutes(5), "unknown.provider");

        for (var n = 0; n < 3; n++)
        {
            var refresh = (await admin.GetAsync("credentials/unknown.provider")).IsRefreshFailed().Refresh();
            Assert.Equal(("not_configured", "unknown_provider"), (refresh.GetProperty("status").GetString(), refresh.GetProperty("error").GetString()));
        }

        await Lab.Servers[0].WaitForOutputAsync("its provider is unknown");
        Assert.Single(Lab.Servers[0].Output, static line =>
            line.Contains("unknown.provider", StringComparison.Ordinal) && line.Contains("is due for a refresh, and nothing is sent", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_missing_client_secret_is_reported()
    {
        using var admin = Lab.Admin();
        (
            await admin.PutAsync(
                "credentials/gemini.ci",
                new
                {
                    type = "oauth-credentials",
                    agent = "gemini",
                    data = new
                    {
                        access_token = "a",
                        refresh_token = "r",
                        expiry_date = DateTimeOffset.UtcNow.AddMinutes(1).ToUnixTimeMilliseconds(),
                    },
                }
            )
        ).Is(HttpStatusCode.Created);

        (await admin.GetAsync("credentials/gemini.ci")).IsRefreshFailed();

        await Lab.Servers[0].WaitForOutputAsync("AXVAULT_OAUTH_GEMINI_CLIENT_SECRET");
        Assert.Contains(
            "AXVAULT_OAUTH_GEMINI_CLIENT_SECRET",
            (await admin.PostAsync("credentials/gemini.ci/refresh", "{}")).IsProblem(HttpStatusCode.Conflict, "conflict"),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("oauth-token")]
    [InlineData("api-key")]
    public async Task Only_oauth_credentials_are_refreshed(string type)
    {
        using var admin = Lab.Admin();
        var issued = await Lab.Provider.IssueAsync(type);
        var data = new
        {
            access_token = issued.AccessToken,
            refresh_token = issued.RefreshToken,
            expires_at = DateTimeOffset.UtcNow.AddMinutes(1).ToUnixTimeSeconds(),
        };
        (
            await admin.PutAsync(
                $"credentials/{type}",
                new
                {
                    type,
                    provider = RefreshLab.ProviderName,
                    data,
                }
            )
        ).Is(HttpStatusCode.Created);

        (await admin.GetAsync($"credentials/{type}")).IsNotDue();

        Assert.Empty(Lab.RequestsWith(issued.RefreshToken));
    }

    [Fact]
    public async Task The_expiry_in_the_body_overrides_the_one_in_the_data()
    {
        using var admin = Lab.Admin();
        var issued = await Lab.Provider.IssueAsync("body");
        var data = new
        {
            access_token = issued.AccessToken,
            refresh_token = issued.RefreshToken,
            expires_at = DateTimeOffset.UtcNow.AddDays(1).ToUnixTimeSeconds(),
        };
        var expiresAt = DateTimeOffset.UtcNow.AddMinutes(1);
        (
            await admin.PutAsync(
                "credentials/body.expiry",
                new
                {
                    type = "oauth-credentials",
                    provider = RefreshLab.ProviderName,
                    data,
                    expiresAt,
                }
            )
        ).Is(HttpStatusCode.Created);

        var answer = (await admin.GetAsync("credentials/body.expiry")).IsRefreshed();

        var expiry = DateTimeOffset.Parse(answer.Json.GetProperty("expiresAt").GetString()!, CultureInfo.InvariantCulture);
        Assert.Equal(expiry.ToUnixTimeSeconds(), answer.Json.GetProperty("data").GetProperty("expires_at").GetInt64());
    }
}
