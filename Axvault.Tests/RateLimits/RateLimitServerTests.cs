using System.Globalization;
using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using static Axvault.Tests.RateLimits.RateLimitCalls;

namespace Axvault.Tests.RateLimits;

/// <summary>Servers that refuse requests above their rate limits.</summary>
public sealed class RateLimitServerTests(VaultGraph graph)
{
    [Fact]
    public async Task A_key_above_its_rate_is_refused_and_other_keys_are_not()
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

        // The server tells the true wait.
        await Task.Delay(TimeSpan.FromSeconds(Seconds(await RefusedAsync(admin))), TestContext.Current.CancellationToken);
        (await admin.GetAsync("credentials")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Every_call_that_needs_a_key_is_limited_as_documented()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await StartAsync(database, (Key, "1"));
        using var admin = server.Client(server.BootstrapSecret);
        var calls = ApiContract.Committed.Calls.Where(static call => call.Call["security"] is not null).ToList();
        // The exchange of a token needs no key, and has limits of its own.
        Assert.Equal(
            calls.Select(static call => (string)call.Call["operationId"]!).Append("exchangeToken").Order(StringComparer.Ordinal),
            ApiContract
                .Committed.Calls.Where(static call => call.Call["responses"]!["429"] is not null)
                .Select(static call => (string)call.Call["operationId"]!)
                .Order(StringComparer.Ordinal)
        );

        foreach (var (path, method, _) in calls)
        {
            // Repeat until the bucket is empty, although it refills meanwhile. The client checks the answer against the document.
            Answer answer;
            var tries = 0;
            do
            {
                answer = await admin.SendAsync(
                    method,
                    path.Replace("{id}", "k_000000000000", StringComparison.Ordinal).Replace("{name}", "absent", StringComparison.Ordinal)
                );
                tries++;
            } while (answer.Status != HttpStatusCode.TooManyRequests && tries < 60);

            IsLimited(answer, "key");
        }
    }

    [Fact]
    public async Task An_address_above_its_rate_is_refused_with_any_key_but_probes_are_not()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await StartAsync(database, (Address, "1"), (Proxies, "127.0.0.1"));
        using var admin = server.Client(server.BootstrapSecret);
        using var other = await admin.WithNewKeyAsync();
        using var anonymous = server.Client();

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 30)
                .Select(i =>
                    From(
                        (i % 3) switch
                        {
                            0 => admin,
                            1 => other,
                            _ => anonymous,
                        },
                        $"2001:db8:0:1::{i}",
                        "credentials"
                    )
                )
        );

        var refused = answers.Where(static answer => answer.Status == HttpStatusCode.TooManyRequests).ToList();
        Assert.InRange(refused.Count, 10, 21);
        Assert.All(refused, static answer => IsLimited(answer, "address"));
        (await From(admin, "2001:db8:0:2::1", "credentials")).Is(HttpStatusCode.OK);
        (await From(admin, "203.0.113.9", "credentials")).Is(HttpStatusCode.OK);
        foreach (var probe in new[] { "/alive", "/health", "/api/v1/health" })
        {
            Assert.All(await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => From(anonymous, "2001:db8:0:1::1", probe))), static answer =>
                answer.Is(HttpStatusCode.OK)
            );
        }
    }

    [Fact]
    public async Task Refusals_are_audited_as_one_entry_and_a_summary()
    {
        await using var database = await graph.CreateDatabaseAsync();
        string secret;
        int refused,
            byAddress;
        await using (var server = await StartAsync(database, (Key, "1"), (Failures, "1")))
        {
            using var admin = server.Client(secret = server.BootstrapSecret!);
            refused = (await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => admin.GetAsync("credentials")))).Count(static answer =>
                answer.Status == HttpStatusCode.TooManyRequests
            );
            using var stranger = server.Client(Malformed);
            (await stranger.GetAsync("credentials")).IsUnauthorized();
            byAddress = (await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => stranger.GetAsync("credentials")))).Count(static answer =>
                answer.Status == HttpStatusCode.TooManyRequests
            );
            Assert.Equal(0, await server.StopAsync());
        }

        await using var next = await StartAsync(database);
        using var reader = next.Client(secret);
        var entries = (await reader.GetAsync("audit?action=rate.limit&outcome=denied"))
            .Is(HttpStatusCode.OK)
            .Json.GetProperty("entries")
            .EnumerateArray()
            .ToList();

        Assert.Equal(2, entries.Count(static entry => Reason(entry).StartsWith("too many requests with the key", StringComparison.Ordinal)));
        Assert.Contains(entries, static entry => Reason(entry) == "too many requests with the key" && entry.TryGetProperty("requestId", out _));
        var summary = Assert.Single(entries, entry =>
            Reason(entry) == string.Create(CultureInfo.InvariantCulture, $"too many requests with the key, {refused - 1} more")
        );
        Assert.Matches("^k_[0-9a-f]{12}$", summary.GetProperty("keyId").GetString());
        Assert.Equal("127.0.0.1", summary.GetProperty("clientAddress").GetString());
        Assert.Contains(entries, entry =>
            Reason(entry) == string.Create(CultureInfo.InvariantCulture, $"too many failed authentications from the address, {byAddress - 1} more")
        );
        Assert.True((await reader.GetAsync("audit/verify")).Is(HttpStatusCode.OK).Json.GetProperty("valid").GetBoolean());
    }

    [Fact]
    public async Task A_retried_read_is_counted_once()
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
    public async Task The_default_limits_serve_two_hundred_concurrent_reads_of_one_key()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await StartAsync(database, (Key, ""), (Address, ""), (Failures, ""));
        using var admin = server.Client(server.BootstrapSecret);
        (await admin.PutCredentialAsync("a")).Is(HttpStatusCode.Created);

        Assert.All(await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => admin.GetAsync("credentials/a"))), static answer => answer.Is(HttpStatusCode.OK));

        using var stranger = server.Client(Malformed);
        for (var i = 0; i < 20; i++)
        {
            (await stranger.GetAsync("credentials/a")).IsUnauthorized();
        }

        // The default admits twenty failures a minute, and one more for each three seconds that the test took.
        await RefusedAsync(stranger, fail: true);
    }

    [Fact]
    public async Task A_client_that_keeps_sending_a_body_gets_the_refusal()
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
        await using var server = await StartAsync(
            database,
            (Key, "1"),
            (Address, "1"),
            (Failures, "1"),
            ("AXVAULT_METRICS_PORT", port.ToString(CultureInfo.InvariantCulture))
        );
        using var stranger = server.Client(Malformed);
        var refused = (await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => stranger.GetAsync("credentials"))))
            .Where(static answer => answer.Status == HttpStatusCode.TooManyRequests)
            .ToList();
        using var scraper = new VaultClient(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")), null) { IsOfTheApi = false };
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => scraper.GetAsync("/metrics"))), static answer =>
            Assert.Equal(HttpStatusCode.OK, answer.Status)
        );

        var scrape = Scrape.Parse((await scraper.GetAsync("/metrics")).Text);

        Assert.Equal(0, Value("key"));
        Assert.True(Value("address") > 0);
        Assert.Equal(refused.Count, Value("address") + Value("authentication"));

        double Value(string kind) => scrape.Value("axvault_rate_limit_rejections_total", "axvault_rate_limit_kind", kind);
    }
}
