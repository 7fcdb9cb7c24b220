using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Axvault.Tests.Harness.Servers;
using Axvault.Tests.Provider;

namespace Axvault.Tests.Harness.Provider;

/// <summary>An agent as the provider sees it: it logs a user in, refreshes, and asks whether an access token is valid.</summary>
public sealed class ProviderClient : IDisposable
{
    /// <summary>The id of a public client.</summary>
    public const string PublicId = ProviderClients.PublicId;

    /// <summary>The id of a confidential client.</summary>
    public const string ConfidentialId = ProviderClients.ConfidentialId;

    /// <summary>The secret of <see cref="ConfidentialId"/>.</summary>
    public const string ConfidentialSecret = ProviderClients.ConfidentialSecret;

    private readonly HttpClient _http;
    private readonly KeyValuePair<string, string>[] _client;

    /// <summary>Creates a client of the provider at <paramref name="provider"/>: the public one, or the confidential one with its secret in the body.</summary>
    public ProviderClient(Uri provider, bool confidential = false)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            BaseAddress = provider,
            Timeout = TimeSpan.FromSeconds(45),
        };
        _client = confidential ? [new("client_id", ConfidentialId), new("client_secret", ConfidentialSecret)] : [new("client_id", PublicId)];
        TokenUrl = TokenUrlOf(provider);
    }

    /// <summary>The URL of the provider's token endpoint.</summary>
    public Uri TokenUrl { get; }

    /// <summary>Returns the URL of the token endpoint of the provider at <paramref name="provider"/>.</summary>
    public static Uri TokenUrlOf(Uri provider) => new(provider, ProviderClients.TokenPath);

    /// <summary>Logs a user in, which starts a new family of tokens.</summary>
    /// <param name="user">Any user name.</param>
    /// <param name="accessTokenLifetime">The lifetime of this family's access tokens, in whole seconds; the provider's default when omitted.</param>
    public async Task<IssuedTokens> IssueAsync(string user = "user", TimeSpan? accessTokenLifetime = null)
    {
        var parameters = new List<KeyValuePair<string, string>>
        {
            new("grant_type", "password"),
            new("username", user),
            new("password", "any"),
            new("scope", "offline_access"),
        };
        if (accessTokenLifetime is { } lifetime)
        {
            parameters.Add(new(ProviderClients.AccessTokenSeconds, ((int)lifetime.TotalSeconds).ToString(CultureInfo.InvariantCulture)));
        }

        return IssuedTokens.Parse((await PostAsync(parameters)).Is(HttpStatusCode.OK).Json);
    }

    /// <summary>Refreshes, and returns the answer, refusal or not.</summary>
    public Task<Answer> TryRefreshAsync(string refreshToken) => PostAsync([new("grant_type", "refresh_token"), new("refresh_token", refreshToken)]);

    /// <summary>Refreshes. Fails the test when the provider refuses.</summary>
    public async Task<IssuedTokens> RefreshAsync(string refreshToken) => IssuedTokens.Parse((await TryRefreshAsync(refreshToken)).Is(HttpStatusCode.OK).Json);

    /// <summary>
    /// Returns <see langword="true"/> when the provider grants a refresh. Asking spends <paramref name="refreshToken"/>, or revokes its family.
    /// </summary>
    public async Task<bool> SpendAsync(string refreshToken) => (await TryRefreshAsync(refreshToken)).Status == HttpStatusCode.OK;

    /// <summary>Returns <see langword="true"/> when the provider accepts <paramref name="accessToken"/>; otherwise <see langword="false"/>.</summary>
    public async Task<bool> IsValidAsync(string accessToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, ProviderClients.WhoAmIPath)
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", accessToken) },
        };
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Unauthorized, $"The provider answered {response.StatusCode}.");
        return response.StatusCode == HttpStatusCode.OK;
    }

    /// <summary>Returns how many refreshes the provider granted and refused, and how many of both repeated a refresh token.</summary>
    public async Task<(int Granted, int Refused, int Repeated)> UsesAsync()
    {
        var counts = await _http.GetFromJsonAsync<int[]>(new Uri(ProviderClients.UsesPath, UriKind.Relative), TestContext.Current.CancellationToken);
        return (counts![0], counts[1], counts[2]);
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private async Task<Answer> PostAsync(IEnumerable<KeyValuePair<string, string>> parameters)
    {
        using var content = new FormUrlEncodedContent([.. parameters, .. _client]);
        using var response = await _http.PostAsync(ProviderClients.TokenPath, content, TestContext.Current.CancellationToken);
        return new Answer(response, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }
}
