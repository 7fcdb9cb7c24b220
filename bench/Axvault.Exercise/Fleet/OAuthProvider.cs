using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Axvault.Bench.Subjects;
using Axvault.Tests.Provider;

namespace Axvault.Exercise.Fleet;

/// <summary>The OAuth provider of the tests, OpenIddict: each refresh token is good for one use, and a second one revokes the login. It has a PostgreSQL of its own.</summary>
internal sealed class OAuthProvider : IAsyncDisposable
{
    /// <summary>What credentials call it.</summary>
    public const string Name = "exercise";

    private readonly BenchProcess _process;
    private readonly HttpClient _http;

    private OAuthProvider(BenchProcess process) => (_process, _http) = (process, new HttpClient { BaseAddress = process.Address });

    /// <summary>Where it listens.</summary>
    public Uri Address => _process.Address;

    /// <summary>Starts it.</summary>
    public static async Task<OAuthProvider> StartAsync(BenchPostgres postgres, Action<string> log, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(postgres);

        var database = await postgres.CreateDatabaseAsync("provider");
        return new OAuthProvider(await BenchProcess.StartAsync(
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
            cancellationToken));
    }

    /// <summary>Logs <paramref name="user"/> in.</summary>
    /// <param name="user">Any name.</param>
    /// <param name="seconds">How long its access tokens live.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public async Task<(string AccessToken, string RefreshToken)> IssueAsync(string user, int seconds, CancellationToken cancellationToken)
    {
        using var form = new FormUrlEncodedContent(
        [
            new("grant_type", "password"), new("username", user), new("password", "any"), new("scope", "offline_access"), new("client_id", ProviderClients.PublicId),
            new(ProviderClients.AccessTokenSeconds, seconds.ToString(CultureInfo.InvariantCulture)),
        ]);
        using var response = (await _http.PostAsync(new Uri(ProviderClients.TokenPath, UriKind.Relative), form, cancellationToken)).EnsureSuccessStatusCode();
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return (answer.GetProperty("access_token").GetString()!, answer.GetProperty("refresh_token").GetString()!);
    }

    /// <summary>What came of refresh tokens, as the provider counts.</summary>
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
