using System.Collections.Concurrent;
using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using Axvault.Tests.Refresh;
using Microsoft.AspNetCore.Http;

namespace Axvault.Tests.Broker;

/// <summary>Tokens of a login that the upstream refuses: one refresh at the provider, and one more try.</summary>
public sealed class BrokerRenewalServerTests(BrokerRenewalServerTests.Fixture fixture) : IClassFixture<BrokerRenewalServerTests.Fixture>
{
    private const string Path = "/v1/responses";

    [Fact]
    public async Task A_refused_token_is_refreshed_once_and_the_body_is_sent_whole_again()
    {
        var (name, key, issued) = await PrepareAsync();
        var tokens = RefusesUntilRefreshed(name, issued);
        var body = name + new string('x', 900_000);
        using var client = Client(key);
        using var answer = await client.PostAsync($"broker/{name}{Path}?a=1", BrokerFixture.Json(body), TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, "{}"), (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
        var calls = fixture.Upstream.CallsWith(name);
        Assert.Equal([(body, $"{Path}?a=1"), (body, $"{Path}?a=1")], calls.Select(static call => (call.Body, call.Target)));
        Assert.Equal(2, tokens.Distinct().Count());
        Assert.Single(fixture.Lab.RequestsWith(issued.RefreshToken));
    }

    [Fact]
    public async Task Twenty_calls_with_a_refused_token_are_one_refresh()
    {
        var (name, key, issued) = await PrepareAsync();
        RefusesUntilRefreshed(name, issued);
        using var client = Client(key);
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(_ => client.PostAsync($"broker/{name}{Path}", BrokerFixture.Json(name), TestContext.Current.CancellationToken))
        );

        Assert.All(answers, static answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Single(fixture.Lab.RequestsWith(issued.RefreshToken));
        Assert.Equal(1, RefreshesOf(name));
    }

    [Fact]
    public async Task An_upstream_that_refuses_every_token_causes_one_refresh()
    {
        var (name, key, _) = await PrepareAsync();
        fixture.Upstream.Answers(name, """{"error":"no"}""", 401);
        using var client = Client(key);
        for (var i = 0; i < 10; i++)
        {
            using var answer = await client.PostAsync($"broker/{name}{Path}", BrokerFixture.Json(name), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Equal("false", answer.Headers.GetValues("x-should-retry").Single());
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Contains("\"type\":\"invalid_request_error\"", text, StringComparison.Ordinal);
        }

        Assert.Equal(11, fixture.Upstream.CallsWith(name).Count);
        Assert.Equal(1, RefreshesOf(name));
    }

    [Fact]
    public async Task A_provider_that_refuses_the_refresh_is_asked_once()
    {
        var (name, key, issued) = await PrepareAsync();
        // Someone else has spent the refresh token.
        await fixture.Lab.Provider.RefreshAsync(issued.RefreshToken);
        fixture.Upstream.Answers(name, """{"error":"no"}""", 401);
        using var client = Client(key);
        for (var i = 0; i < 5; i++)
        {
            using var answer = await client.PostAsync($"broker/{name}{Path}", BrokerFixture.Json(name), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }

        Assert.Single(fixture.Lab.RequestsWith(issued.RefreshToken));
    }

    [Theory]
    [InlineData(true, 100)]
    [InlineData(false, 1024 * 1024 + 1)]
    public async Task A_body_that_is_not_kept_is_not_sent_twice(bool isChunked, int length)
    {
        var (name, key, issued) = await PrepareAsync();
        RefusesUntilRefreshed(name, issued);
        using var client = Client(key);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"broker/{name}{Path}") { Content = BrokerFixture.Json(name + new string('x', length)) };
        request.Headers.TransferEncodingChunked = isChunked;
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Single(fixture.Upstream.CallsWith(name));
    }

    [Fact]
    public async Task A_client_that_leaves_during_the_refresh_leaves_an_entry()
    {
        var (name, key, issued) = await PrepareAsync();
        RefusesUntilRefreshed(name, issued);
        var gate = fixture.Lab.Proxy.Hold(HoldPoint.BeforeForwarding, request => request.RefreshToken == issued.RefreshToken);
        using (var raw = await RawHttp.ConnectAsync(fixture.Lab.Servers[0].Address))
        {
            await raw.SendAsync($"POST /broker/{name}{Path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\nContent-Length: {name.Length}\r\n\r\n{name}");
            await Until.HoldsAsync(() => fixture.Lab.RequestsWith(issued.RefreshToken).Count == 1, "the refresh is under way");
        }

        using var admin = fixture.Lab.Admin();
        await Until.HoldsAsync(
            async () => (await admin.GetAsync($"audit?credential={name}&action=broker.end")).Json.GetProperty("entries").GetArrayLength() == 1,
            "the end of the call is recorded"
        );
        gate.Release();
        // The refresh belongs to no caller: it goes on.
        await Until.HoldsAsync(() => RefreshesOf(name) == 1, "the refresh has ended");
        await Until.HoldsAsync(
            async () => !(await admin.GetAsync($"credentials/{name}")).Is(HttpStatusCode.OK).Text.Contains(issued.AccessToken, StringComparison.Ordinal),
            "the new token is stored"
        );
    }

    [Fact]
    public async Task Two_owners_and_a_forced_refresh_share_the_new_token()
    {
        var (name, key, issued) = await PrepareAsync();
        RefusesUntilRefreshed(name, issued);
        using var admin = fixture.Lab.Admin();
        using var client = Client(key);
        var refresh = admin.PostAsync($"credentials/{name}/refresh", "{}");
        using var answer = await client.PostAsync($"broker/{name}{Path}", BrokerFixture.Json(name), TestContext.Current.CancellationToken);
        await refresh;

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Single(fixture.Lab.RequestsWith(issued.RefreshToken));
    }

    private int RefreshesOf(string name) =>
        fixture.Lab.Proxy.Requests.Count(request => fixture.Families.TryGetValue(name, out var first) && Follows(request.RefreshToken, first));

    // Every token of a family is the one that was issued first, or was issued for one of the family.
    private bool Follows(string? token, string first)
    {
        while (token is not null && token != first)
        {
            token = fixture.Lab.Proxy.Requests.FirstOrDefault(request => request.Issued?.RefreshToken == token)?.RefreshToken;
        }

        return token == first;
    }

    private ConcurrentQueue<string> RefusesUntilRefreshed(string name, IssuedTokens issued)
    {
        var seen = new ConcurrentQueue<string>();
        fixture.Upstream.Answers(
            name,
            context =>
            {
                var token = context.Request.Headers.Authorization.ToString();
                seen.Enqueue(token);
                context.Response.StatusCode = token == $"Bearer {issued.AccessToken}" ? 401 : 200;
                return context.Response.WriteAsync("{}");
            }
        );
        return seen;
    }

    private async Task<(string Name, string Key, IssuedTokens Issued)> PrepareAsync()
    {
        var name = $"l{Guid.NewGuid():N}";
        var issued = await fixture.Lab.PutAsync(name);
        fixture.Families[name] = issued.RefreshToken;
        using var admin = fixture.Lab.Admin();
        var key = (await admin.PostAsync("keys", $$"""{"name":"an agent","useAccess":["{{name}}"]}""")).Is(HttpStatusCode.Created);
        return (name, key.Json.GetProperty("secret").GetString()!, issued);
    }

    private HttpClient Client(string key)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = fixture.Lab.Servers[0].Address };
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {key}");
        return client;
    }

    /// <summary>A server whose logins have the test provider and an upstream.</summary>
    public sealed class Fixture(VaultGraph graph) : IAsyncLifetime
    {
        private UpstreamDouble? _upstream;
        private RefreshLab? _lab;

        public UpstreamDouble Upstream => _upstream!;

        public RefreshLab Lab => _lab!;

        /// <summary>The first refresh token of each login.</summary>
        public ConcurrentDictionary<string, string> Families { get; } = [];

        public async ValueTask InitializeAsync()
        {
            _upstream = await UpstreamDouble.StartAsync();
            _lab = await RefreshLab.StartAsync(
                graph,
                1,
                ("AXVAULT_UPSTREAM_LAB_URL", _upstream.Url),
                ("AXVAULT_UPSTREAM_LAB_PATHS", "POST /v1/responses")
            );
        }

        public async ValueTask DisposeAsync()
        {
            await (_lab?.DisposeAsync() ?? ValueTask.CompletedTask);
            await (_upstream?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }
}
