using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Refresh.Grants;

/// <summary>
/// Sends a token request to a provider (RFC 6749 §3.2), once, and returns the result. The client never retries: a refresh token is single-use, and only the
/// caller, who has recorded the first attempt, knows whether another one is safe.
/// </summary>
/// <remarks>
/// The client has its own handler, without the resilience of other clients, and opens a connection for each request. A reused connection may be dead, and
/// then the framework would send the request again by itself.
/// </remarks>
internal sealed class TokenClient : IDisposable
{
    private static readonly ProductInfoHeaderValue UserAgent = new("axvault", ServerVersion.Text);

    private readonly HttpClient _http = new(
        new SocketsHttpHandler
        {
            // No trace context is sent to a provider.
            ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
            AllowAutoRedirect = false,
            PooledConnectionLifetime = TimeSpan.Zero,
            Proxy = new ProviderProxy(HttpClient.DefaultProxy),
            UseCookies = false,
        }
    )
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly TimeProvider _time;

    /// <summary>Creates the client.</summary>
    public TokenClient(TimeProvider time) => _time = time;

    /// <summary>Exchanges <paramref name="grant"/> for tokens.</summary>
    /// <param name="provider">The provider to ask.</param>
    /// <param name="grant">The grant.</param>
    /// <param name="timeout">The longest duration of the whole exchange.</param>
    public async Task<GrantResult> RequestAsync(OAuthProvider provider, TokenGrant grant, TimeSpan timeout)
    {
        using var content = Content(provider, grant);
        using var request = Request(provider, provider.TokenUrl, content);
        using var limit = new CancellationTokenSource(timeout, _time);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return await ReadAsync(provider, response, limit);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            return content.MayHaveLeft ? Lost(limit, exception) : Unsent(limit, exception);
        }
    }

    /// <summary>Asks <paramref name="provider"/> for a code that a person confirms in a browser (RFC 8628 §3.1).</summary>
    /// <param name="provider">The provider to ask.</param>
    /// <param name="endpoint">Its device authorization endpoint.</param>
    /// <param name="timeout">The longest duration of the whole exchange.</param>
    /// <returns>The code; otherwise the error, one of the codes in <see cref="RefreshError"/>.</returns>
    public async Task<(DeviceAuthorization? Issued, string? Error)> AuthorizeDeviceAsync(OAuthProvider provider, Uri endpoint, TimeSpan timeout)
    {
        using var content = Content(provider, TokenGrant.None);
        using var request = Request(provider, endpoint, content);
        using var limit = new CancellationTokenSource(timeout, _time);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            var body = await AnswerBody.ReadAsync(response, limit.Token);
            var (code, isError, _) = TokenResponse.Read(body.Text);
            return !response.IsSuccessStatusCode || isError ? (null, RefreshError.Of(code, (int)response.StatusCode))
                : DeviceAuthorization.Read(body.Text) is { } issued ? (issued, null)
                : (null, RefreshError.UnexpectedAnswer);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            return (null, limit.IsCancellationRequested ? RefreshError.TimedOut : RefreshError.Unreachable);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private async Task<GrantResult> ReadAsync(OAuthProvider provider, HttpResponseMessage response, CancellationTokenSource limit)
    {
        var body = await AnswerBody.ReadAsync(response, limit.Token);
        var (code, isError, issued) = TokenResponse.Read(body.Text);
        if (response.IsSuccessStatusCode && !isError)
        {
            // Complete tokens are kept even when the answer was cut. Without them, the provider may have spent the old token.
            return issued is not null ? GrantResult.Granted(issued, issued.HasUnreadToken ? UnreadAnswer.Of(response, body) : null)
                : body.Cut is { } cut ? Lost(limit, cut.SourceException, UnreadAnswer.Of(response, body))
                : new GrantResult(FailureClass.Unknown, RefreshError.UnexpectedAnswer)
                {
                    Detail = AnswerKind.Of(response),
                    Unread = UnreadAnswer.Of(response, body),
                };
        }

        var status = (int)response.StatusCode;
        var isBlocked = status is StatusCodes.Status403Forbidden or StatusCodes.Status429TooManyRequests && AnswerKind.IsPage(response, body);
        var error = isBlocked ? RefreshError.Blocked : RefreshError.Of(code, status);
        var failure = Classify(provider, status, code);
        return new GrantResult(failure, error)
        {
            Detail = AnswerKind.Of(response),
            IsUndecided =
                status is StatusCodes.Status429TooManyRequests or >= StatusCodes.Status500InternalServerError
                && failure is FailureClass.Transient or FailureClass.Unknown
                && !RefreshError.EndsDeviceCode(code),
            RetryAfter = AnswerPause.Read(response, _time.GetUtcNow()),
        };
    }

    private static FailureClass Classify(OAuthProvider provider, int status, string? code) =>
        status switch
        {
            StatusCodes.Status429TooManyRequests => FailureClass.Transient,
            _ when RefreshError.IsOfOperator(code) => FailureClass.Misconfigured,
            _ when RefreshError.IsFinal(code) => FailureClass.Permanent,
            StatusCodes.Status401Unauthorized when provider.UnauthorizedIsFinal => FailureClass.Permanent,

            // A gateway that passed the request on and got no answer does not know whether the token was spent. 520 and 524 are those of Cloudflare.
            StatusCodes.Status504GatewayTimeout or 520 or 524 => FailureClass.Unknown,
            _ => FailureClass.Transient,
        };

    private static GrantResult Unsent(CancellationTokenSource limit, Exception exception) =>
        new(FailureClass.Transient, RefreshError.Unreachable)
        {
            Detail = limit.IsCancellationRequested ? "not connected in time" : ConnectionFault.Explain(exception),
            IsUndecided = true,
        };

    private static GrantResult Lost(CancellationTokenSource limit, Exception exception, UnreadAnswer? unread = null) =>
        new(FailureClass.Unknown, limit.IsCancellationRequested ? RefreshError.TimedOut : RefreshError.ConnectionLost)
        {
            Detail = ConnectionFault.Explain(exception),
            Unread = unread,
            IsUndecided = unread is null,
        };

    private static HttpRequestMessage Request(OAuthProvider provider, Uri endpoint, GrantContent content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = content };
        request.Headers.UserAgent.Add(UserAgent);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (provider is { Authentication: ClientAuthentication.Basic, ClientSecret: { } secret })
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Basic(provider.ClientId, secret));
        }

        return request;
    }

    private static GrantContent Content(OAuthProvider provider, TokenGrant grant)
    {
        Dictionary<string, string> parameters = new(grant.Reveal()) { ["client_id"] = provider.ClientId };
        if (provider is { Authentication: ClientAuthentication.Body, ClientSecret: { } secret })
        {
            parameters["client_secret"] = secret.Reveal();
        }

        if (provider.Scope is { } scope && grant.TakesScope)
        {
            parameters["scope"] = scope;
        }

        return provider.Encoding == GrantEncoding.Json
            ? new GrantContent(JsonSerializer.SerializeToUtf8Bytes(parameters, GrantJsonContext.Default.DictionaryStringString), "application/json")
            : new GrantContent(
                Encoding.ASCII.GetBytes(string.Join('&', parameters.Select(static parameter => $"{Form(parameter.Key)}={Form(parameter.Value)}"))),
                "application/x-www-form-urlencoded"
            );
    }

    // Both parts are form-encoded first (RFC 6749 §2.3.1).
    private static string Basic(string clientId, ClientSecret secret) =>
        Convert.ToBase64String(Encoding.ASCII.GetBytes($"{Form(clientId)}:{Form(secret.Reveal())}"));

    private static string Form(string text) => WebUtility.UrlEncode(text);
}

/// <summary>The JSON form of a token request.</summary>
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class GrantJsonContext : JsonSerializerContext;
