using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Harness.Provider;

/// <summary>The test provider rotates refresh tokens and punishes their reuse, as a strict real provider does.</summary>
public sealed class ProviderTests(VaultGraph graph)
{
    private const string InvalidGrant = "invalid_grant";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_refresh_rotates_both_tokens(bool confidential)
    {
        using var client = new ProviderClient(graph.ProviderUrl, confidential);
        var first = await client.IssueAsync();

        var second = await client.RefreshAsync(first.RefreshToken);
        var third = await client.RefreshAsync(second.RefreshToken);

        Assert.Distinct([first.RefreshToken, second.RefreshToken, third.RefreshToken]);
        Assert.Distinct([first.AccessToken, second.AccessToken, third.AccessToken]);
        Assert.True(await client.IsValidAsync(third.AccessToken));
    }

    [Fact]
    public async Task A_reused_refresh_token_is_refused_and_its_family_is_revoked()
    {
        using var client = new ProviderClient(graph.ProviderUrl);
        var first = await client.IssueAsync();
        var second = await client.RefreshAsync(first.RefreshToken);
        var third = await client.RefreshAsync(second.RefreshToken);

        IsRefused(await client.TryRefreshAsync(first.RefreshToken));

        IsRefused(await client.TryRefreshAsync(third.RefreshToken));
        Assert.False(await client.IsValidAsync(third.AccessToken));
    }

    [Fact]
    public async Task A_revocation_spares_other_families()
    {
        using var client = new ProviderClient(graph.ProviderUrl);
        var revoked = await client.IssueAsync("same user");
        var other = await client.IssueAsync("same user");
        await client.RefreshAsync(revoked.RefreshToken);

        IsRefused(await client.TryRefreshAsync(revoked.RefreshToken));

        Assert.True(await client.IsValidAsync(other.AccessToken));
        Assert.True(await client.SpendAsync(other.RefreshToken));
    }

    [Fact]
    public async Task Two_concurrent_uses_grant_once_and_revoke_the_family()
    {
        using var client = new ProviderClient(graph.ProviderUrl);
        for (var round = 0; round < 10; round++)
        {
            var tokens = await client.IssueAsync();

            var answers = await Task.WhenAll(client.TryRefreshAsync(tokens.RefreshToken), client.TryRefreshAsync(tokens.RefreshToken));

            var granted = IssuedTokens.Parse(Assert.Single(answers, static answer => answer.Status == HttpStatusCode.OK).Json);
            IsRefused(Assert.Single(answers, static answer => answer.Status != HttpStatusCode.OK));
            IsRefused(await client.TryRefreshAsync(granted.RefreshToken));
        }
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_second_use_is_granted_only_within_the_leeway()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var provider = await ProviderServer.StartAsync(database, reuseLeeway: TimeSpan.FromSeconds(8));
        using var client = new ProviderClient(provider.Address);
        var first = await client.IssueAsync();
        var second = await client.RefreshAsync(first.RefreshToken);

        var again = await client.RefreshAsync(first.RefreshToken);

        Assert.NotEqual(second.RefreshToken, again.RefreshToken);
        Assert.Equal((2, 0, 1), await client.UsesAsync());
        await Task.Delay(TimeSpan.FromSeconds(9), TestContext.Current.CancellationToken);
        IsRefused(await client.TryRefreshAsync(first.RefreshToken));
        IsRefused(await client.TryRefreshAsync(again.RefreshToken));
        Assert.Equal((2, 2, 2), await client.UsesAsync());
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task An_access_token_expires_after_its_lifetime()
    {
        using var client = new ProviderClient(graph.ProviderUrl);
        var tokens = await client.IssueAsync(accessTokenLifetime: TimeSpan.FromSeconds(6));
        Assert.InRange(tokens.ExpiresIn.TotalSeconds, 4, 6);
        Assert.True(await client.IsValidAsync(tokens.AccessToken));

        await Until.HoldsAsync(async () => !await client.IsValidAsync(tokens.AccessToken), "the access token expires");

        var next = await client.RefreshAsync(tokens.RefreshToken);
        Assert.InRange(next.ExpiresIn.TotalSeconds, 4, 6);
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task An_access_token_lives_one_hour_unless_configured()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var provider = await ProviderServer.StartAsync(database, accessTokenLifetime: TimeSpan.FromMinutes(2));
        using var told = new ProviderClient(provider.Address);
        using var client = new ProviderClient(graph.ProviderUrl);

        Assert.InRange((await client.IssueAsync()).ExpiresIn.TotalSeconds, 3590, 3600);
        Assert.InRange((await told.IssueAsync()).ExpiresIn.TotalSeconds, 110, 120);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no token")]
    [InlineData("eyJhbGciOiJub25lIn0.eyJzdWIiOiJzb21lYm9keSJ9.")]
    public async Task A_malformed_access_token_is_not_valid(string accessToken)
    {
        using var client = new ProviderClient(graph.ProviderUrl);

        Assert.False(await client.IsValidAsync(accessToken));
    }

    [Fact]
    public async Task A_refresh_token_belongs_to_its_client()
    {
        using var client = new ProviderClient(graph.ProviderUrl);
        using var other = new ProviderClient(graph.ProviderUrl, confidential: true);
        var tokens = await client.IssueAsync();

        IsRefused(await other.TryRefreshAsync(tokens.RefreshToken));

        Assert.True(await client.SpendAsync(tokens.RefreshToken));
    }

    [Fact]
    public async Task Sixty_concurrent_refreshes_are_all_granted()
    {
        using var client = new ProviderClient(graph.ProviderUrl);
        var tokens = await Task.WhenAll(Enumerable.Range(0, 60).Select(number => client.IssueAsync($"user {number}")));

        var refreshed = await Task.WhenAll(tokens.Select(issued => client.RefreshAsync(issued.RefreshToken)));

        Assert.Distinct(refreshed.Select(static issued => issued.RefreshToken));
        Assert.All(await Task.WhenAll(refreshed.Select(issued => client.IsValidAsync(issued.AccessToken))), Assert.True);
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task The_provider_prints_no_token()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var provider = await ProviderServer.StartAsync(database);
        using var client = new ProviderClient(provider.Address);
        var first = await client.IssueAsync();
        var second = await client.RefreshAsync(first.RefreshToken);
        IsRefused(await client.TryRefreshAsync(first.RefreshToken));

        Assert.All([first, second], tokens =>
        {
            Assert.DoesNotContain(tokens.RefreshToken, provider.Transcript, StringComparison.Ordinal);
            Assert.DoesNotContain(tokens.AccessToken, provider.Transcript, StringComparison.Ordinal);
        });
    }

    private static void IsRefused(Answer answer)
    {
        answer.Is(HttpStatusCode.BadRequest);
        Assert.Equal(InvalidGrant, answer.Json.GetProperty("error").GetString());
    }
}
