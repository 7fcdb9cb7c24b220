using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Axvault.AppHost.Dashboard;

/// <summary>The API of the graph, as the commands call it.</summary>
/// <param name="api">The API's resource.</param>
/// <param name="notifications">How its resource is.</param>
internal sealed class VaultApi(IResourceWithEndpoints api, ResourceNotificationService notifications) : IDisposable
{
    // A refresh waits for its provider, 30 seconds unless it is told otherwise.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    // What is not logged cannot leak: no factory, whose clients log their requests.
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = Limit };

    /// <summary>Sends a request without a body.</summary>
    /// <exception cref="VaultApiException">The server does not run, or refuses.</exception>
    public Task<T> SendAsync<T>(HttpMethod method, string path, string secret, JsonTypeInfo<T> answer, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(method, Url(path)), secret, answer, cancellationToken);

    /// <summary>Posts <paramref name="body"/>.</summary>
    /// <exception cref="VaultApiException">The server does not run, or refuses.</exception>
    public Task<T> PostAsync<TBody, T>(string path, string secret, TBody body, JsonTypeInfo<TBody> type, JsonTypeInfo<T> answer, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, Url(path)) { Content = JsonContent.Create(body, type) }, secret, answer, cancellationToken);

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private async Task<T> SendAsync<T>(HttpRequestMessage request, string secret, JsonTypeInfo<T> answer, CancellationToken cancellationToken)
    {
        using (request)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
            try
            {
                using var response = await _http.SendAsync(request, cancellationToken);
                return response.IsSuccessStatusCode
                    ? (await response.Content.ReadFromJsonAsync(answer, cancellationToken))!
                    : throw await RefusalAsync(response, cancellationToken);
            }
            catch (Exception exception) when (exception is HttpRequestException or JsonException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                throw new VaultApiException($"The API does not answer as it should ({exception.GetType().Name}). Its console log says more.", inner: exception);
            }
        }
    }

    // The proxy before the API takes connections when nothing is behind it, and lets them wait.
    private Uri Url(string path) => notifications.TryGetCurrentState(api.Name, out var state) && state.Snapshot.HealthStatus == Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy
        ? new Uri(new Uri(api.GetEndpoint("http").Url), path)
        : throw new VaultApiException($"The API is not running, or not ready. Start {api.Name}, and try again when it is healthy.");

    private static async Task<VaultApiException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var problem = await response.Content.ReadFromJsonAsync(VaultApiJson.Default.Problem, cancellationToken);
        return new VaultApiException(problem?.Detail ?? $"The API answered with status {(int)response.StatusCode}.", response.StatusCode);
    }
}

/// <summary>A call did not succeed. The message says why, to the developer.</summary>
internal sealed class VaultApiException(string message, HttpStatusCode? status = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What the server answered; <see langword="null"/> when it did not.</summary>
    public HttpStatusCode? Status { get; } = status;
}
