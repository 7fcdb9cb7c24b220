using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Refresh.Shapes;
using Axvault.Api.Telemetry;

namespace Axvault.Api.Refresh.Grants;

/// <summary>
/// Sends a refresh token to its provider (RFC 6749 §6), once, and returns the result. The client never retries: a refresh token is single-use, and only the
/// caller, who has recorded the first attempt, knows whether another one is safe.
/// </summary>
/// <remarks>
/// The client has its own handler, without the resilience of other clients, and opens a connection for each request. A reused connection may be dead, and
/// then the framework would send the request again by itself.
/// </remarks>
internal sealed class TokenClient : IDisposable
{
    /// <summary>The greatest length of an answer, in bytes.</summary>
    public const int MaxAnswerBytes = 64 * 1024;

    private static readonly ProductInfoHeaderValue UserAgent = new("axvault", ServerVersion.Text);

    private readonly HttpClient _http = new(
        new SocketsHttpHandler
        {
            // No trace context is sent to a provider.
            ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
            AllowAutoRedirect = false,
            PooledConnectionLifetime = TimeSpan.Zero,
            UseCookies = false,
        }
    )
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly TimeProvider _time;

    /// <summary>Creates the client.</summary>
    public TokenClient(TimeProvider time) => _time = time;

    /// <summary>Sends <paramref name="refreshToken"/> to <paramref name="provider"/>.</summary>
    /// <param name="provider">The provider to ask.</param>
    /// <param name="refreshToken">The token.</param>
    /// <param name="timeout">The longest duration of the whole exchange.</param>
    public async Task<GrantResult> RefreshAsync(OAuthProvider provider, RefreshToken refreshToken, TimeSpan timeout)
    {
        using var content = Content(provider, refreshToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, provider.TokenUrl) { Content = content };
        request.Headers.UserAgent.Add(UserAgent);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (provider is { Authentication: ClientAuthentication.Basic, ClientSecret: { } secret })
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Basic(provider.ClientId, secret));
        }

        using var limit = new CancellationTokenSource(timeout, _time);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return await ReadAsync(provider, response, limit.Token);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            return !content.MayHaveLeft
                ? GrantResult.Failed(FailureClass.Transient, RefreshError.Unreachable)
                : GrantResult.Failed(FailureClass.Unknown, limit.IsCancellationRequested ? RefreshError.TimedOut : RefreshError.ConnectionLost);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private async Task<GrantResult> ReadAsync(OAuthProvider provider, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var (body, cut) = await ReadBodyAsync(response, cancellationToken);
        var (code, isError, issued) = TokenResponse.Read(body);
        var status = (int)response.StatusCode;
        var succeeded = response.IsSuccessStatusCode;
        if (succeeded && issued is null)
        {
            // Complete tokens are kept even when the answer was cut. For a refusal the status is enough.
            cut?.Throw();
        }

        var error = RefreshError.Of(code, status);
        return (status, succeeded) switch
        {
            (_, true) when issued is not null => GrantResult.Granted(issued),

            // The provider may have spent the old token although the answer holds no new one.
            (_, true) when !isError => GrantResult.Failed(FailureClass.Unknown, RefreshError.UnexpectedAnswer),
            (429, _) => GrantResult.Failed(FailureClass.Transient, error, RetryAfter(response)),

            // A gateway without an answer from the provider does not know whether the token was spent.
            (504, _) => GrantResult.Failed(FailureClass.Unknown, error),
            ( >= 500, _) => GrantResult.Failed(FailureClass.Transient, error, RetryAfter(response)),
            (401, _) when provider.UnauthorizedIsFinal => GrantResult.Failed(FailureClass.Permanent, error),
            _ when RefreshError.IsFinal(code) => GrantResult.Failed(FailureClass.Permanent, error),
            _ => GrantResult.Failed(FailureClass.Transient, error, RetryAfter(response)),
        };
    }

    // Returns the body as far as it came, and the exception that cut it. Returns no body when it is longer than an answer may be.
    private static async Task<(ReadOnlyMemory<byte> Body, ExceptionDispatchInfo? Cut)> ReadBodyAsync(
        HttpResponseMessage response,
        CancellationToken cancellationToken
    )
    {
        var buffer = new byte[MaxAnswerBytes + 1];
        var length = 0;
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            for (int read; length < buffer.Length && (read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken)) > 0; length += read) { }

            return (length <= MaxAnswerBytes ? buffer.AsMemory(0, length) : default, null);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            return (buffer.AsMemory(0, length), ExceptionDispatchInfo.Capture(exception));
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } when date > _time.GetUtcNow() => date - _time.GetUtcNow(),
            _ => null,
        };

    private static GrantContent Content(OAuthProvider provider, RefreshToken refreshToken)
    {
        var parameters = new Dictionary<string, string>
        {
            ["grant_type"] = "refresh_token",
            ["refresh_token"] = refreshToken.Reveal(),
            ["client_id"] = provider.ClientId,
        };
        if (provider is { Authentication: ClientAuthentication.Body, ClientSecret: { } secret })
        {
            parameters["client_secret"] = secret.Reveal();
        }

        if (provider.Scope is { } scope)
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
