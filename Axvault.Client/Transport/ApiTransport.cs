using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Axvault.Client.Transport;

/// <summary>Sends the calls, and reads their answers. A refusal becomes an <see cref="AxvaultException"/>.</summary>
internal sealed class ApiTransport(HttpClient http)
{
    private const string Root = "api/v1/";

    /// <summary>The address of the server.</summary>
    public Uri Address => http.BaseAddress ?? throw AxvaultClientOptions.NotConfigured("The HTTP client has no BaseAddress.");

    /// <summary>Makes a request.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path below <c>/api/v1</c>, with its query.</param>
    /// <param name="content">The body.</param>
    public static HttpRequestMessage Request(HttpMethod method, string path, HttpContent? content = null) => new(method, Root + path) { Content = content };

    /// <summary>Returns the path of one thing. A name of dots would be taken for a step up, and a name never is one.</summary>
    public static string PathOf(string collection, string name) =>
        name.Length == 0 || name.Trim('.').Length == 0
            ? throw new AxvaultException(AxvaultError.InvalidRequest, "The name is empty, or has dots only.")
            : $"{collection}/{Uri.EscapeDataString(name)}";

    /// <summary>Makes a JSON body.</summary>
    public static HttpContent Json<T>(T value, JsonTypeInfo<T> type) =>
        new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(value, type)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    /// <summary>Sends <paramref name="request"/>, and reads the JSON of its answer.</summary>
    /// <exception cref="AxvaultException">The call failed.</exception>
    public async Task<T> SendAsync<T>(HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(request, cancellationToken);
        return await ReadAsync(answer, type, cancellationToken);
    }

    /// <summary>Sends <paramref name="request"/>, and expects no body.</summary>
    /// <exception cref="AxvaultException">The call failed.</exception>
    public async Task RunAsync(HttpRequestMessage request, CancellationToken cancellationToken) => (await SendAsync(request, cancellationToken)).Dispose();

    /// <summary>Sends <paramref name="request"/>, and returns the answer when it is a success.</summary>
    /// <exception cref="AxvaultException">The call failed.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request)
        {
            HttpResponseMessage answer;
            try
            {
                answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            }
            catch (HttpRequestException exception)
            {
                throw new AxvaultException(AxvaultError.Unreachable, $"{Place} does not answer: {Cause(exception)}.", exception);
            }
            catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
            {
                throw new AxvaultException(AxvaultError.Unreachable, $"{Place} does not answer in time.", exception);
            }

            if (answer.IsSuccessStatusCode)
            {
                return answer;
            }

            using (answer)
            {
                throw await Problem.ToExceptionAsync(answer, Place, cancellationToken);
            }
        }
    }

    /// <summary>Reads the JSON of <paramref name="answer"/>.</summary>
    /// <exception cref="AxvaultException">It is not the JSON of an Axvault server, or breaks off.</exception>
    public async Task<T> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        try
        {
            await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
            return await JsonSerializer.DeserializeAsync(body, type, cancellationToken) ?? throw Unexpected(answer.StatusCode);
        }
        catch (JsonException)
        {
            // The cause is left out, because it may repeat a part of a secret.
            throw Unexpected(answer.StatusCode);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new AxvaultException(AxvaultError.Unreachable, $"The answer of {Place} broke off.", exception);
        }
    }

    private string Place => Address.GetLeftPart(UriPartial.Authority);

    private AxvaultException Unexpected(HttpStatusCode status) =>
        new(AxvaultError.Unexpected, $"{Place} answers {(int)status} without the JSON of an Axvault server. Check the URL.") { Status = status };

    // An inner socket or TLS exception says more than "connection error".
    private static string Cause(HttpRequestException exception) =>
        exception.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => "its name is not known",
            HttpRequestError.SecureConnectionError => "the TLS connection failed: " + (exception.InnerException?.Message.TrimEnd('.') ?? "no detail"),
            HttpRequestError.ConnectionError => exception.InnerException?.Message.TrimEnd('.') ?? "no connection",
            var other => other.ToString(),
        };
}
