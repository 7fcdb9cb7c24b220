using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Axvault.Tests.Graph;
using Axvault.Tests.Reference;
using Axvault.Tests.Server;
using Npgsql;

namespace Axvault.Tests.RateLimits;

/// <summary>Servers that refuse what is too much.</summary>
public sealed partial class RateLimitServerTests(VaultGraph graph)
{
    private const string Key = "AXVAULT_RATE_LIMIT_KEY";
    private const string Address = "AXVAULT_RATE_LIMIT_ADDRESS";
    private const string Failures = "AXVAULT_AUTH_FAILURE_LIMIT";
    private const string Proxies = "AXVAULT_TRUSTED_PROXIES";
    private const string Strange = "axv_sk_malformed";

    [Fact]
    public async Task A_key_that_asks_too_much_is_refused_and_no_other_is()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await StartAsync(database, (Key, "1"));
        using var admin = server.Client(server.BootstrapSecret);
        using var other = await admin.WithNewKeyAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => admin.GetAsync("credentials")));

        var refused = answers.Where(static answer => answer.Status == HttpStatusCode.TooManyRequests).ToList();
        Assert.InRange(refused.Count, 10, 21);
        Assert.All(refused, static answer => IsLimited(answer, "key"));
        (await other.GetAsync("credentials")).Is(HttpStatusCode.OK);
        (await server.Client().GetAsync("keys")).IsUnauthorized();

        // The wait is a true one.
        await Task.Delay(TimeSpan.FromSeconds(Seconds(await RefusedAsync(admin))), TestContext.Current.CancellationToken);
        (await admin.GetAsync("credentials")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Every_call_that_needs_a_key_is_limited_as_the_document_says()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await StartAsync(database, (Key, "1"));
        using var admin = server.Client(server.BootstrapSecret);
        var calls = ApiContract.Committed.Calls.Where(static call => call.Call["responses"]!["429"] is not null).ToList();
        Assert.Equal(ApiContract.Committed.Calls.Where(static call => call.Call["security"] is not null).Select(static call => (string)call.Call["operationId"]!), calls.Select(static call => (string)call.Call["operationId"]!));

        foreach (var (path, method, _) in calls)
        {
            // Until the bucket, which fills up meanwhile, is empty. The client holds the answer against the document.
            Answer answer;
            var tries = 0;
            do
            {
                answer = await admin.SendAsync(method, path.Replace("{id}", "k_000000000000", StringComparison.Ordinal).Replace("{name}", "absent", StringComparison.Ordinal));
                tries++;
            }
            while (answer.Status != HttpStatusCode.TooManyRequests && tries < 60);

            IsLimited(answer, "key");
        }
    }

    [Fact]
    public async Task An_address_that_asks_too_much_is_refused_whatever_keys_it_has_and_probes_are_not()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await StartAsync(database, (Address, "1"), (Proxies, "127.0.0.1"));
        using var admin = server.Client(server.BootstrapSecret);
        using var other = await admin.WithNewKeyAsync();
        using var anonymous = server.Client();

        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => From((i % 3) switch { 0 => admin, 1 => other, _ => anonymous }, $"2001:db8:0:1::{i}", "credentials")));

        var refused = answers.Where(static answer => answer.Status == HttpStatusCode.TooManyRequests).ToList();
        Assert.InRange(refused.Count, 10, 21);
        Assert.All(refused, static answer => IsLimited(answer, "address"));
        (await From(admin, "2001:db8:0:2::1", "credentials")).Is(HttpStatusCode.OK);
        (await From(admin, "203.0.113.9", "credentials")).Is(HttpStatusCode.OK);
        foreach (var probe in new[] { "/alive", "/health", "/api/v1/health" })
        {
            Assert.All(await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => From(anonymous, "2001:db8:0:1::1", probe))), static answer => answer.Is(HttpStatusCode.OK));
        }
    }

    [Fact]
    public async Task An_address_whose_keys_are_wrong_is_backed_off_and_a_key_that_is_known_gets_through()
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

        // Without a look at the database, of which the table of keys is locked.
        await using (var connection = await DatabaseContents.OpenAsync(database.ConnectionString))
        await using (var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken))
        {
            await using var hold = new NpgsqlCommand("lock table axvault.api_key in access exclusive mode", connection, transaction);
            await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            Assert.All(
                await Task.WhenAll(new[] { strangers, server.Client(), server.Client(Strange) }.Select(static client => client.GetAsync("credentials/a")).ToList()).WaitAsync(TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken),
                static answer => Assert.True(answer.Status is HttpStatusCode.TooManyRequests or HttpStatusCode.Unauthorized, answer.Text));
        }

        // Known keys work on, to read and to write, and do not let the others in.
        var wait = Seconds(await RefusedAsync(server.Client(Strange), fail: true));
        (await admin.GetAsync("credentials/a")).Is(HttpStatusCode.OK);
        (await admin.PutCredentialAsync("a")).Is(HttpStatusCode.Created);
        IsLimited(await unmet.GetAsync("credentials/a"), "failed authentications");

        // When they stop, one that was not known gets in, and is known from then on.
        await Task.Delay(TimeSpan.FromSeconds(wait), TestContext.Current.CancellationToken);
        (await unmet.GetAsync("credentials/a")).Is(HttpStatusCode.OK);
        await RefusedAsync(server.Client(Strange), fail: true);
        (await unmet.GetAsync("credentials/a")).Is(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("""{"expiresAt":"2020-01-01T00:00:00Z"}""")]
    [InlineData("""{"allowedCidrs":["192.0.2.0/24"]}""")]
    public async Task A_key_that_is_remembered_and_of_no_use_is_backed_off_like_one_that_is_not_known(string limit)
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

        await RefusedAsync(server.Client(Strange), fail: true);

        IsLimited(await stolen.GetAsync("credentials/a"), "failed authentications");
        (await admin.GetAsync("credentials/a")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_address_that_fails_keeps_no_other_out()
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
    public async Task A_call_that_needs_no_key_does_not_look_for_one()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await StartAsync(database, (Failures, "1"));
        using var stranger = server.Client(Strange);
        for (var i = 0; i < 20; i++)
        {
            (await stranger.GetAsync("health")).Is(HttpStatusCode.OK);
            Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync("/nowhere")).Status);
        }

        (await stranger.GetAsync("keys")).IsUnauthorized();
        IsLimited(await stranger.GetAsync("keys"), "failed authentications");
    }

    [Fact]
    public async Task Refusals_are_an_entry_and_then_one_with_the_number_of_the_others()
    {
        await using var database = await graph.CreateDatabaseAsync();
        string secret;
        int refused, byAddress;
        await using (var server = await StartAsync(database, (Key, "1"), (Failures, "1")))
        {
            using var admin = server.Client(secret = server.BootstrapSecret!);
            refused = (await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => admin.GetAsync("credentials")))).Count(static answer => answer.Status == HttpStatusCode.TooManyRequests);
            using var stranger = server.Client(Strange);
            (await stranger.GetAsync("credentials")).IsUnauthorized();
            byAddress = (await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => stranger.GetAsync("credentials")))).Count(static answer => answer.Status == HttpStatusCode.TooManyRequests);
            Assert.Equal(0, await server.StopAsync());
        }

        await using var next = await StartAsync(database);
        using var reader = next.Client(secret);
        var entries = (await reader.GetAsync("audit?action=rate.limit&outcome=denied")).Is(HttpStatusCode.OK).Json.GetProperty("entries").EnumerateArray().ToList();

        Assert.Equal(2, entries.Count(static entry => Reason(entry).StartsWith("too many requests with the key", StringComparison.Ordinal)));
        Assert.Contains(entries, static entry => Reason(entry) == "too many requests with the key" && entry.TryGetProperty("requestId", out _));
        var summary = Assert.Single(entries, entry => Reason(entry) == string.Create(CultureInfo.InvariantCulture, $"too many requests with the key, {refused - 1} more"));
        Assert.Matches("^k_[0-9a-f]{12}$", summary.GetProperty("keyId").GetString());
        Assert.Equal("127.0.0.1", summary.GetProperty("clientAddress").GetString());
        Assert.Contains(entries, entry => Reason(entry) == string.Create(CultureInfo.InvariantCulture, $"too many failed authentications from the address, {byAddress - 1} more"));
        Assert.True((await reader.GetAsync("audit/verify")).Is(HttpStatusCode.OK).Json.GetProperty("valid").GetBoolean());
    }

    [Fact]
    public async Task A_read_that_is_decided_anew_is_counted_once()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var limited = await StartAsync(database, (Key, "1"));
        await using var free = await StartAsync(database);
        using var admin = free.Client(limited.BootstrapSecret);
        (await admin.PutCredentialAsync("a")).Is(HttpStatusCode.Created);
        var key = await admin.CreateKeyAsync(read: ["*"]);
        using var reader = limited.Client(key.Secret);

        for (var i = 0; i < 9; i++)
        {
            (await reader.GetAsync("credentials/a")).Is(HttpStatusCode.OK);
            (await admin.PatchAsync($"keys/{key.Id}", new { name = string.Create(CultureInfo.InvariantCulture, $"n{i}") })).Is(HttpStatusCode.OK);
        }

        await RefusedAsync(reader);
    }

    [Fact]
    public async Task Two_hundred_readers_of_one_key_at_once_are_served_by_default()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await StartAsync(database, (Key, ""), (Address, ""), (Failures, ""));
        using var admin = server.Client(server.BootstrapSecret);
        (await admin.PutCredentialAsync("a")).Is(HttpStatusCode.Created);

        Assert.All(await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => admin.GetAsync("credentials/a"))), static answer => answer.Is(HttpStatusCode.OK));

        using var stranger = server.Client(Strange);
        for (var i = 0; i < 20; i++)
        {
            (await stranger.GetAsync("credentials/a")).IsUnauthorized();
        }

        // Twenty a minute, and one for each three seconds that this took.
        await RefusedAsync(stranger, fail: true);
    }

    [Fact]
    public async Task A_client_that_sends_on_while_it_is_refused_hears_why()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await StartAsync(database, (Key, "1"));
        using var admin = server.Client(server.BootstrapSecret);
        await RefusedAsync(admin);
        var body = new string(' ', 8 * 1024 * 1024);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => admin.PutAsync("credentials/huge", body)));

        Assert.All(answers, static answer => Assert.True(answer.Status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestEntityTooLarge, answer.Text));
        Assert.Contains(answers, static answer => answer.Status == HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Refusals_are_measured_and_scrapes_are_not_limited()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var port = FreePort.Next();
        await using var server = await StartAsync(database, (Key, "1"), (Address, "1"), (Failures, "1"), ("AXVAULT_METRICS_PORT", port.ToString(CultureInfo.InvariantCulture)));
        using var stranger = server.Client(Strange);
        var refused = (await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => stranger.GetAsync("credentials")))).Where(static answer => answer.Status == HttpStatusCode.TooManyRequests).ToList();
        using var scraper = new VaultClient(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")), null) { IsOfTheApi = false };
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => scraper.GetAsync("/metrics"))), static answer => Assert.Equal(HttpStatusCode.OK, answer.Status));

        var scrape = Scrape.Parse((await scraper.GetAsync("/metrics")).Text);

        Assert.Equal(0, Value("key"));
        Assert.True(Value("address") > 0);
        Assert.Equal(refused.Count, Value("address") + Value("authentication"));

        double Value(string kind) => scrape.Value("axvault_rate_limit_rejections_total", "axvault_rate_limit_kind", kind);
    }

    private static Task<VaultServer> StartAsync(TestDatabase database, params (string Name, string Value)[] variables) =>
        VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { Variables = variables.ToDictionary(static variable => variable.Name, static variable => variable.Value) });

    private static Task<Answer> From(VaultClient client, string address, string path) =>
        client.SendAsync(HttpMethod.Get, path, headers: headers => headers.TryAddWithoutValidation("X-Forwarded-For", address));

    // Asks until it is too much.
    private static async Task<Answer> RefusedAsync(VaultClient client, bool fail = false)
    {
        for (var i = 0; i < 60; i++)
        {
            var answer = await client.GetAsync("credentials");
            if (answer.Status == HttpStatusCode.TooManyRequests)
            {
                return answer;
            }

            answer.Is(fail ? HttpStatusCode.Unauthorized : HttpStatusCode.OK);
        }

        throw new Xunit.Sdk.XunitException("Nothing was refused.");
    }

    private static Answer IsLimited(Answer answer, string what)
    {
        Assert.Contains(what, answer.IsProblem(HttpStatusCode.TooManyRequests, "rate-limited"), StringComparison.Ordinal);
        Assert.Matches(WholeSeconds(), answer.Headers["Retry-After"]);
        return answer;
    }

    private static int Seconds(Answer answer) => int.Parse(answer.Headers["Retry-After"], CultureInfo.InvariantCulture);

    private static string Reason(JsonElement entry) => entry.GetProperty("reason").GetString()!;

    [GeneratedRegex("^[1-9][0-9]*$")]
    private static partial Regex WholeSeconds();
}
