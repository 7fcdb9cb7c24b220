using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Graph;

namespace Axvault.Tests.Harness.Provider;

/// <summary>The proxy and the first tokens of a test of <see cref="FaultProxy"/>, with assertions on the refresh token.</summary>
public abstract class FaultProxyTest(VaultGraph graph) : IAsyncLifetime
{
    private FaultProxy? _proxy;
    private ProviderClient? _client;
    private IssuedTokens? _tokens;

    protected static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    protected Uri ProviderUrl => graph.ProviderUrl;

    /// <summary>An HTTP client that follows redirections.</summary>
    protected HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = true }) { Timeout = TimeSpan.FromSeconds(45) };

    protected FaultProxy Proxy => _proxy!;

    protected ProviderClient Client => _client!;

    protected string RefreshToken => _tokens!.RefreshToken;

    public async ValueTask InitializeAsync()
    {
        _proxy = await FaultProxy.StartAsync(ProviderUrl);
        _client = new ProviderClient(ProviderUrl);
        _tokens = await _client.IssueAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _client?.Dispose();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Disposes the proxy before the end of the test.</summary>
    protected async Task DisposeProxyAsync()
    {
        var proxy = _proxy!;
        _proxy = null;
        await proxy.DisposeAsync();
    }

    protected static IssuedTokens Parse(string body)
    {
        using var document = JsonDocument.Parse(body);
        return IssuedTokens.Parse(document.RootElement);
    }

    protected static FormUrlEncodedContent Form(string refreshToken) =>
        new([new("grant_type", "refresh_token"), new("refresh_token", refreshToken), new("client_id", ProviderClient.PublicId)]);

    /// <summary>Refreshes through the proxy.</summary>
    protected Task<(HttpStatusCode Status, string Body)> RefreshAsync() => PostAsync(Form(RefreshToken));

    protected async Task<(HttpStatusCode Status, string Body)> PostAsync(HttpContent content)
    {
        using (content)
        {
            using var response = await Http.PostAsync(Proxy.TokenUrl, content, CancellationToken);
            return (response.StatusCode, await response.Content.ReadAsStringAsync(CancellationToken));
        }
    }

    /// <summary>Asserts that no request was forwarded, and that the provider still accepts the refresh token.</summary>
    protected async Task AssertUnusedAsync()
    {
        Assert.All(Proxy.Requests, static request => Assert.False(request.Forwarded));
        // The check spends the token, so the test goes on with the next one.
        _tokens = await Client.RefreshAsync(RefreshToken);
    }

    /// <summary>Asserts that the last request was forwarded, and that the provider refuses the refresh token now.</summary>
    protected async Task AssertUsedUpAsync()
    {
        Assert.Equal(HttpStatusCode.OK, Proxy.Requests[^1].ProviderStatus);
        Assert.False(await Client.SpendAsync(RefreshToken));
    }
}
