using System.Net;
using Axvault.Api.Keys;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Npgsql;
using static Axvault.Tests.RateLimits.RateLimitCalls;

namespace Axvault.Tests.RateLimits;

/// <summary>Servers that back off an address with failed authentications.</summary>
public sealed class FailedAuthenticationServerTests(VaultGraph graph)
{
    [Fact]
    public async Task An_address_with_wrong_keys_is_backed_off_but_known_keys_pass()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await StartAsync(database, (Failures, "5"));
        using var admin = server.Client(server.BootstrapSecret);
        (await admin.PutCredentialAsync("a")).Is(HttpStatusCode.Created);
        using var unmet = await admin.WithNewKeyAsync(read: ["*"]);
        var gone = await admin.CreateKeyAsync();
        (await admin.DeleteAsync($"keys/{gone.Id}")).Is(HttpStatusCode.NoContent);
        using var strangers = server.Client(gone.Secret);

        for (var i = 0; i < 5; i++)
        {
            (await strangers.GetAsync("credentials/a")).IsUnauthorized();
        }

        Assert.Equal(1, Seconds(IsLimited(await strangers.GetAsync("credentials/a"), "failed authentications")));

        // Refusals need no database: they come although the table of keys is locked.
        await using (var connection = await DatabaseContents.OpenAsync(database.ConnectionString))
        await using (var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken))
        {
            await using var hold = new NpgsqlCommand("lock table axvault.api_key in access exclusive mode", connection, transaction);
            await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            Assert.All(
                await Task.WhenAll(
                        new[] { strangers, server.Client(), server.Client(Malformed) }.Select(static client => client.GetAsync("credentials/a")).ToList()
                    )
                    .WaitAsync(TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken),
                static answer => Assert.True(answer.Status is HttpStatusCode.TooManyRequests or HttpStatusCode.Unauthorized, answer.Text)
            );
        }

        // Valid keys still work for reads and writes, whether or not the server has met them, and their success does not admit other keys.
        await RefusedAsync(server.Client(Malformed), fail: true);
        (await admin.GetAsync("credentials/a")).Is(HttpStatusCode.OK);
        (await admin.PutCredentialAsync("a")).Is(HttpStatusCode.Created);
        (await unmet.GetAsync("credentials/a")).Is(HttpStatusCode.OK);
        IsLimited(await strangers.GetAsync("credentials/a"), "failed authentications");
    }

    [Theory]
    [InlineData("8192")]
    [InlineData("0")]
    public async Task A_storm_of_wrong_keys_does_not_starve_new_keys_of_its_address(string rows)
    {
        await using var database = await graph.CreateDatabaseAsync();
        List<string> secrets = [];
        await using (var before = await StartAsync(database))
        {
            using var admin = before.Client(before.BootstrapSecret);
            (await admin.PutCredentialAsync("a")).Is(HttpStatusCode.Created);
            for (var i = 0; i < 10; i++)
            {
                secrets.Add((await admin.CreateKeyAsync(read: ["*"])).Secret);
            }
        }

        // A server that has just started has met no key.
        await using var server = await StartAsync(database, (Failures, "5"), ("AXVAULT_READ_CACHE_ROWS", rows));
        using var end = new CancellationTokenSource();
        using var wrong = server.Client();
        var storm = Enumerable.Range(0, 16).Select(_ => StormAsync(wrong, end.Token)).ToList();
        await Until.HoldsAsync(async () => (await WrongAsync(wrong)).Status == HttpStatusCode.TooManyRequests, "the address is backed off");

        List<HttpStatusCode> answers = [];
        foreach (var secret in secrets)
        {
            using var good = server.Client(secret);
            for (var tries = 0; tries < 3 && answers.Count(static status => status == HttpStatusCode.OK) <= secrets.IndexOf(secret); tries++)
            {
                answers.Add((await good.GetAsync(tries == 0 ? "credentials/a" : "credentials")).Status);
            }
        }

        await end.CancelAsync();
        Assert.Contains(HttpStatusCode.TooManyRequests, (await Task.WhenAll(storm)).SelectMany(static statuses => statuses));
        Assert.Equal(secrets.Count, answers.Count(static status => status == HttpStatusCode.OK));
    }

    private static async Task<HashSet<HttpStatusCode>> StormAsync(VaultClient client, CancellationToken end)
    {
        HashSet<HttpStatusCode> statuses = [];
        while (!end.IsCancellationRequested)
        {
            statuses.Add((await WrongAsync(client)).Status);
        }

        return statuses;
    }

    private static Task<Answer> WrongAsync(VaultClient client) => client.GetAsync("credentials/a", "Authorization", $"Bearer {ApiKeySecret.Create().Reveal()}");

    [Theory]
    [InlineData("""{"expiresAt":"2020-01-01T00:00:00Z"}""")]
    [InlineData("""{"allowedCidrs":["192.0.2.0/24"]}""")]
    public async Task A_cached_key_that_is_not_valid_is_backed_off_like_an_unknown_one(string limit)
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await StartAsync(database, (Failures, "5"));
        using var admin = server.Client(server.BootstrapSecret);
        (await admin.PutCredentialAsync("a")).Is(HttpStatusCode.Created);
        var created = await admin.CreateKeyAsync(read: ["*"]);
        using var stolen = admin.With(created.Secret);
        (await stolen.GetAsync("credentials/a")).Is(HttpStatusCode.OK);
        (await admin.PatchAsync($"keys/{created.Id}", limit)).Is(HttpStatusCode.OK);
        (await stolen.GetAsync("credentials/a")).IsUnauthorized();

        await RefusedAsync(server.Client(Malformed), fail: true);

        IsLimited(await stolen.GetAsync("credentials/a"), "failed authentications");
        (await admin.GetAsync("credentials/a")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_backed_off_address_does_not_lock_out_others()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await StartAsync(database, (Failures, "3"), (Proxies, "127.0.0.1"));
        using var admin = server.Client(server.BootstrapSecret);
        using var unmet = await admin.WithNewKeyAsync();
        using var anonymous = server.Client();
        for (var i = 0; i < 3; i++)
        {
            (await From(anonymous, "203.0.113.9", "keys")).IsUnauthorized();
        }

        IsLimited(await From(anonymous, "203.0.113.9", "keys"), "failed authentications");
        IsLimited(await From(anonymous, "::ffff:203.0.113.9", "keys"), "failed authentications");
        IsLimited(await From(anonymous, "198.51.100.1, 203.0.113.9", "keys"), "failed authentications");
        (await From(unmet, "203.0.113.10", "credentials")).Is(HttpStatusCode.OK);
        (await From(anonymous, "203.0.113.10", "keys")).IsUnauthorized();
    }

    [Fact]
    public async Task A_call_that_needs_no_key_ignores_a_wrong_one()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await StartAsync(database, (Failures, "1"));
        using var stranger = server.Client(Malformed);
        for (var i = 0; i < 20; i++)
        {
            (await stranger.GetAsync("health")).Is(HttpStatusCode.OK);
            Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync("/nowhere")).Status);
        }

        (await stranger.GetAsync("keys")).IsUnauthorized();
        IsLimited(await stranger.GetAsync("keys"), "failed authentications");
    }
}
