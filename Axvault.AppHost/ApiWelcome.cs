using System.Net;
using Axvault.Hosting.Http;
using Axvault.Hosting.Keys;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.AppHost;

/// <summary>The lines in the terminal that say where the graph is and how to call it, once the API is healthy.</summary>
/// <remarks>They go to the console directly: what is logged could be exported, and they have a secret.</remarks>
internal sealed class ApiWelcome(IResourceWithEndpoints api, BootstrapSecret bootstrap, VaultApi vault, IConfiguration configuration)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private const string OtherDatabase =
        "The database is not the AppHost's own: use an API key of it. If it had none, the console log of the API in the dashboard has the first one.";

    private const string UnknownKey =
        "The kept bootstrap secret is not an API key of this vault. Use a key that you have, or make one: docs/api-keys.md, axvault bootstrap --reset.";

    /// <summary>Shows the lines whenever the API becomes healthy.</summary>
    public static void AddTo(IResourceBuilder<AxvaultResource> api) =>
        api.OnResourceReady(
            static (api, ready, cancellationToken) =>
                new ApiWelcome(
                    api,
                    ready.Services.GetRequiredKeyedService<BootstrapSecret>(api.Name),
                    ready.Services.GetRequiredKeyedService<VaultApi>(api.Name),
                    ready.Services.GetRequiredService<IConfiguration>()
                ).ShowAsync(cancellationToken)
        );

    private async Task ShowAsync(CancellationToken cancellationToken)
    {
        var url = api.GetEndpoint("http").Url;
        var dashboard = DashboardUrl() is { } page ? $"\n  Dashboard  {page}" : "";
        await Console.Out.WriteLineAsync(
            $"""

            Axvault is ready.

              API        {url}
              Console    {url}/console
              Reference  {url}/docs{dashboard}

            {await DescribeAccessAsync(url, cancellationToken)}

            """
        );
    }

    private async Task<string> DescribeAccessAsync(string url, CancellationToken cancellationToken)
    {
        if (bootstrap.Reveal() is not { } secret)
        {
            return OtherDatabase;
        }

        // The database may be older than the secret, or its first key may have been deleted.
        return await IsKnownAsync(secret, cancellationToken)
            ? $"""
                Copy these lines into another terminal:

                  export AXVAULT_URL={url} AXVAULT_API_KEY={secret}
                  curl -s $AXVAULT_URL/api/v1/keys -H "Authorization: Bearer $AXVAULT_API_KEY"
                """
            : UnknownKey;
    }

    // The API becomes ready once, so a busy moment must not take the lines from the terminal: only an answer about the key ends the question.
    private async Task<bool> IsKnownAsync(string secret, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await vault.SendAsync(HttpMethod.Get, "/api/v1/keys", secret, VaultApiJson.Default.JsonElement, cancellationToken);
                return true;
            }
            catch (VaultApiException exception) when (exception.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            {
                return false;
            }
            catch (VaultApiException)
            {
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }

    private string? DashboardUrl() =>
        configuration["ASPNETCORE_URLS"]?.Split(';')[0] is not { Length: > 0 } address ? null
        : configuration["AppHost:BrowserToken"] is { Length: > 0 } token ? $"{address}/login?t={token}"
        : address;
}
