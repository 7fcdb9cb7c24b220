using System.Net;
using Axvault.Tests.Harness.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Axvault.Tests.Clients;

/// <summary><c>AddAxvaultCredential</c>: access tokens of the vault on the requests of an app.</summary>
public sealed class CredentialHandlerServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_request_has_the_token_and_the_vault_is_asked_once()
    {
        await PutAsync("handler.once", "token-once");
        await using var upstream = await Upstream.StartAsync(static _ => 200);
        await using var services = Services(upstream, "handler.once");
        using var http = services.GetRequiredService<IHttpClientFactory>().CreateClient("upstream");

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => http.GetAsync(new Uri("/", UriKind.Relative), CancellationToken)));

        Assert.Equal(20, upstream.Requests.Count(static request => request.Token == "token-once"));
        Assert.Equal(1, await ReadsOfAsync("handler.once"));
    }

    [Fact]
    public async Task After_a_refusal_the_token_is_read_again_and_the_request_sent_once_more()
    {
        await PutAsync("handler.refused", "token-old");
        await using var upstream = await Upstream.StartAsync(static token => token == "token-new" ? 200 : 401);
        await using var services = Services(upstream, "handler.refused");
        using var http = services.GetRequiredService<IHttpClientFactory>().CreateClient("upstream");

        using (var body = new StringContent("a body"))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await http.PostAsync(new Uri("/", UriKind.Relative), body, CancellationToken)).StatusCode);
        }

        Assert.Single(upstream.Requests);
        await PutAsync("handler.refused", "token-new");
        using (var body = new StringContent("a body"))
        {
            Assert.Equal(HttpStatusCode.OK, (await http.PostAsync(new Uri("/", UriKind.Relative), body, CancellationToken)).StatusCode);
        }

        Assert.Equal(["token-old", "token-old", "token-new"], upstream.Requests.Select(static request => request.Token));
        Assert.All(upstream.Requests, static request => Assert.Equal("a body", request.Body));
    }

    [Fact]
    public async Task A_body_that_can_be_read_once_is_not_sent_twice()
    {
        await PutAsync("handler.stream", "token-stream");
        await using var upstream = await Upstream.StartAsync(static _ => 401);
        await using var services = Services(upstream, "handler.stream");
        using var http = services.GetRequiredService<IHttpClientFactory>().CreateClient("upstream");
        using var body = new StreamContent(new MemoryStream(new byte[2 * 1024 * 1024]));

        Assert.Equal(HttpStatusCode.Unauthorized, (await http.PostAsync(new Uri("/", UriKind.Relative), body, CancellationToken)).StatusCode);

        Assert.Single(upstream.Requests);
    }

    [Fact]
    public async Task A_token_is_read_again_before_it_expires()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await PutAsync("handler.expiry", "token-short", time.GetUtcNow().AddMinutes(8));
        await using var upstream = await Upstream.StartAsync(static _ => 200);
        await using var services = Services(upstream, "handler.expiry", time);
        using var http = services.GetRequiredService<IHttpClientFactory>().CreateClient("upstream");
        await http.GetAsync(new Uri("/", UriKind.Relative), CancellationToken);
        await PutAsync("handler.expiry", "token-long", time.GetUtcNow().AddDays(1));

        time.Advance(TimeSpan.FromMinutes(2));
        await http.GetAsync(new Uri("/", UriKind.Relative), CancellationToken);
        time.Advance(TimeSpan.FromMinutes(2));
        await http.GetAsync(new Uri("/", UriKind.Relative), CancellationToken);

        Assert.Equal(["token-short", "token-short", "token-long"], upstream.Requests.Select(static request => request.Token));
    }

    [Fact]
    public async Task An_API_key_goes_into_the_header_that_is_named()
    {
        await PutAsync("handler.header", "sk-header");
        await using var upstream = await Upstream.StartAsync(static _ => 200);
        await using var services = Services(upstream, "handler.header", header: "x-api-key");
        using var http = services.GetRequiredService<IHttpClientFactory>().CreateClient("upstream");

        await http.GetAsync(new Uri("/", UriKind.Relative), CancellationToken);

        var request = Assert.Single(upstream.Requests);
        Assert.Equal((null, "sk-header"), (request.Token, request.ApiKey));
    }

    private async Task PutAsync(string name, string token, DateTimeOffset? expiresAt = null) =>
        (
            await vault.Admin.PutAsync(
                $"credentials/{name}",
                new { type = "oauth-token", data = new { accessToken = token }, expiresAt = expiresAt?.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null) }
            )
        ).Is(HttpStatusCode.Created);

    private async Task<int> ReadsOfAsync(string name) =>
        (await vault.Admin.GetAsync($"audit?action=credential.read&credential={name}")).Json.GetProperty("entries").GetArrayLength();

    private ServiceProvider Services(Upstream upstream, string name, TimeProvider? time = null, string header = "Authorization")
    {
        var services = new ServiceCollection();
        if (time is not null)
        {
            services.AddSingleton(time);
        }

        services.AddAxvaultClient(configure: options => (options.Url, options.ApiKey) = (vault.Server.Address, vault.Admin.Secret));
        services.AddHttpClient("upstream", http => http.BaseAddress = upstream.Address).AddAxvaultCredential(name, header);
        return services.BuildServiceProvider();
    }
}
