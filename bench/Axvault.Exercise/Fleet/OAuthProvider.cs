using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Axvault.Bench.Subjects;
using Axvault.Tests.Provider;

namespace Axvault.Exercise.Fleet;

/// <summary>
/// The OAuth provider of the tests, OpenIddict, with a PostgreSQL of its own. A refresh token is valid for one use, and a second use revokes the
/// login.
/// </summary>
internal sealed class OAuthProvider : IAsyncDisposable
{
    /// <summary>The name of the provider in the settings and credentials.</summary>
    public const string Name = "exercise";

    private readonly BenchProcess _process;
    private readonly HttpClient _http;

    private OAuthProvider(BenchProcess process) => (_process, _http) = (process, new HttpClient { BaseAddress = process.Address });

    /// <summary>The address it listens on.</summary>
    public Uri Address => _process.Address;

    /// <summary>Starts a provider.</summary>
    public static async Task<OAuthProvider> StartAsync(BenchPostgres postgres, Action<string> log, CancellationToken cancellationToken)
    {
        var database = await postgres.CreateDatabaseAsync("provider");
        return new OAuthProvider(
            await BenchProcess.StartAsync(
                port =>
                {
                    var start = FleetProcess.Describe("dotnet", [Checkout.Provider], AppContext.BaseDirectory);
                    start.Environment["ASPNETCORE_URLS"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
                    start.Environment["ConnectionStrings__providerdb"] = database;
                    return start;
                },
                "/health",
                log,
                log,
                Ports.Take(),
                cancellationToken
            )
        );
    }

    /// <summary>Logs <paramref name="user"/> in.</summary>
    /// <param name="user">Any user name.</param>
    /// <param name="seconds">The lifetime of its access tokens, in seconds.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    public async Task<(string AccessToken, string RefreshToken)> IssueAsync(string user, int seconds, CancellationToken cancellationToken)
    {
        using var form = new FormUrlEncodedContent([
            new("grant_type", "password"),
            new("username", user),
            new("password", "any"),
            new("scope", "offline_access"),
            new("client_id", ProviderClients.PublicId),
            new(ProviderClients.AccessTokenSeconds, seconds.ToString(CultureInfo.InvariantCulture)),
        ]);
        using var response = (await _http.PostAsync(new Uri(ProviderClients.TokenPath, UriKind.Relative), form, cancellationToken)).EnsureSuccessStatusCode();
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return (answer.GetProperty("access_token").GetString()!, answer.GetProperty("refresh_token").GetString()!);
    }

    /// <summary>Returns the provider's counts of refreshes, and of refresh tokens used repeatedly.</summary>
    public async Task<(int Granted, int Refused, int Repeated)> UsesAsync(CancellationToken cancellationToken)
    {
        var counts = await _http.GetFromJsonAsync<int[]>(new Uri(ProviderClients.UsesPath, UriKind.Relative), cancellationToken);
        return (counts![0], counts[1], counts[2]);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _process.DisposeAsync();
    }
}
