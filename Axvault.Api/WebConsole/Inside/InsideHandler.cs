using Axvault.Api.Audit.Verification;
using Axvault.Api.Authentication;
using Axvault.Api.RateLimits;
using Microsoft.AspNetCore.Http.Features;

namespace Axvault.Api.WebConsole.Inside;

/// <summary>
/// Sends the requests of a client into the server's own pipeline, without a network. The console is a client of the API like any other: it may do what its key
/// may do, by the same code, limits and audit entries.
/// </summary>
/// <param name="entrance">The pipeline.</param>
/// <param name="outer">The request of the browser. Its address counts as that of the client.</param>
/// <param name="key">The key of the session; <see langword="null"/> when the requests carry one.</param>
internal sealed class InsideHandler(VaultEntrance entrance, HttpContext outer, SessionKey? key) : HttpMessageHandler
{
    /// <summary>The address of the server, for the client's messages.</summary>
    public static readonly Uri Address = new("http://axvault/");

    /// <inheritdoc />
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = new InsideResponse();
        var body = request.Content is null ? Stream.Null : await request.Content.ReadAsStreamAsync(cancellationToken);
        var run = RunAsync(Features(request, body, response), response);
        try
        {
            await response.Started.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // A stop of the server waits for the request of the browser, and so for the call inside it.
            response.Abandon();
            await run;
            throw;
        }

        return response.ToMessage(request);
    }

    // A failure reaches the reader through the response: it comes before the head, or cuts the body.
    private async Task RunAsync(FeatureCollection features, InsideResponse response)
    {
        try
        {
            await using var scope = outer.RequestServices.GetRequiredService<IServiceScopeFactory>().CreateAsyncScope();
            var context = new DefaultHttpContext(features) { RequestServices = scope.ServiceProvider };
            scope.ServiceProvider.GetRequiredService<IHttpContextAccessor>().HttpContext = context;
            await entrance.Pipeline(context);
            await response.EndAsync();
        }
        catch (Exception exception)
        {
            response.Fail(exception);
        }
    }

    private FeatureCollection Features(HttpRequestMessage request, Stream body, InsideResponse response)
    {
        var target = request.RequestUri!.PathAndQuery;
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(
            new HttpRequestFeature
            {
                Method = request.Method.Method,
                Scheme = outer.Request.Scheme,
                Protocol = HttpProtocol.Http2,
                // As the listener does it: an escaped slash stays in its segment.
                Path = Uri.UnescapeDataString(request.RequestUri.AbsolutePath.Replace("%2F", "%252F", StringComparison.OrdinalIgnoreCase)),
                QueryString = request.RequestUri.Query,
                RawTarget = target,
                Body = body,
                Headers = Headers(request),
            }
        );
        features.Set<IHttpResponseFeature>(response);
        features.Set<IHttpResponseBodyFeature>(response);
        features.Set<IHttpRequestBodyDetectionFeature>(new BodyDetection(request.Content is not null));
        features.Set<IHttpRequestIdentifierFeature>(new HttpRequestIdentifierFeature { TraceIdentifier = outer.TraceIdentifier });
        features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature { RequestAborted = outer.RequestAborted });
        var connection = outer.Connection;
        features.Set<IHttpConnectionFeature>(
            new HttpConnectionFeature
            {
                ConnectionId = connection.Id,
                RemoteIpAddress = connection.RemoteIpAddress,
                RemotePort = connection.RemotePort,
                LocalIpAddress = connection.LocalIpAddress,
                LocalPort = connection.LocalPort,
            }
        );
        // The page of a verification tells how far it is.
        features.Set(outer.Features.Get<VerificationProgress>());
        features.Set(outer.Features.Get<AdmittedAttempt>());
        if (key is not null)
        {
            features.Set(key);
        }

        return features;
    }

    // Of the browser's headers only the user agent is passed on, for the audit entry.
    private IHeaderDictionary Headers(HttpRequestMessage request)
    {
        IHeaderDictionary headers = new HeaderDictionary();
        headers.Host = Address.Authority;
        headers.UserAgent = outer.Request.Headers.UserAgent;
        foreach (var (name, values) in request.Headers.NonValidated)
        {
            headers[name] = values.ToArray();
        }

        foreach (var (name, values) in request.Content?.Headers.NonValidated ?? default)
        {
            headers[name] = values.ToArray();
        }

        return headers;
    }

    private sealed record BodyDetection(bool CanHaveBody) : IHttpRequestBodyDetectionFeature;
}
