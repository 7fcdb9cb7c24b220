using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Axvault.Hosting.Http;

/// <summary>The client of the API of the graph.</summary>
/// <param name="api">The resource of the API.</param>
/// <param name="notifications">The states of the resources.</param>
internal sealed class VaultApi(IResourceWithEndpoints api, ResourceNotificationService notifications) : IDisposable
{
    // A refresh waits up to 30 seconds for its provider by default.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    // The clients of a factory would log their requests, with the secret.
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = Limit };

    /// <summary>Sends a request without a body.</summary>
    /// <exception cref="VaultApiException">The server is not running, or refuses.</exception>
    public Task<T> SendAsync<T>(HttpMethod method, string path, string secret, JsonTypeInfo<T> answer, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(method, Url(path)), secret, answer, cancellationToken);

    /// <summary>Sends a request with <paramref name="body"/>.</summary>
    /// <exception cref="VaultApiException">The server is not running, or refuses.</exception>
    public Task<T> SendAsync<TBody, T>(
        HttpMethod method,
        string path,
        string secret,
        TBody body,
        JsonTypeInfo<TBody> type,
        JsonTypeInfo<T> answer,
        CancellationToken cancellationToken
    ) => SendAsync(new HttpRequestMessage(method, Url(path)) { Content = JsonContent.Create(body, type) }, secret, answer, cancellationToken);

    /// <summary>Puts <paramref name="body"/> where nothing is. What is there already stays.</summary>
    /// <returns><c>true</c> when the server has taken it; <c>false</c> when something is there.</returns>
    /// <exception cref="VaultApiException">The server is not running, or refuses.</exception>
    public async Task<bool> PutNewAsync<TBody>(string path, string secret, TBody body, JsonTypeInfo<TBody> type, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, Url(path)) { Content = JsonContent.Create(body, type) };
        request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
        try
        {
            await SendAsync(request, secret, VaultApiJson.Default.JsonElement, cancellationToken);
            return true;
        }
        catch (VaultApiException exception) when (exception.Status == HttpStatusCode.PreconditionFailed)
        {
            return false;
        }
    }

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
            catch (Exception exception)
                when (exception is HttpRequestException or JsonException
                    || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
                )
            {
                throw new VaultApiException($"The API does not answer as it should ({exception.GetType().Name}). Its console log says more.", inner: exception);
            }
        }
    }

    // The proxy before the API accepts connections while the API is not running, and lets them wait.
    private Uri Url(string path) =>
        notifications.TryGetCurrentState(api.Name, out var state)
        && state.Snapshot.HealthStatus == Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy
            ? new Uri(new Uri(api.GetEndpoint("http").Url), path)
            : throw new VaultApiException($"The API is not running, or not ready. Start {api.Name}, and try again when it is healthy.");

    private static async Task<VaultApiException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var problem = await response.Content.ReadFromJsonAsync(VaultApiJson.Default.Problem, cancellationToken);
        return new VaultApiException(problem?.Detail ?? $"The API answered with status {(int)response.StatusCode}.", response.StatusCode);
    }
}

/// <summary>A call failed. The message tells the developer why.</summary>
internal sealed class VaultApiException(string message, HttpStatusCode? status = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The status of the answer, or <c>null</c> when the server did not answer.</summary>
    public HttpStatusCode? Status { get; } = status;
}
