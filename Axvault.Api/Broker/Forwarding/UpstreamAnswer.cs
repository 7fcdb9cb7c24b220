using System.Net;
using Axvault.Api.Broker.Usage;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Axvault.Api.Broker.Forwarding;

/// <summary>The rules for the request to an upstream and for its answer, for one attempt of a call.</summary>
internal sealed class UpstreamAnswer(CallPlan plan, UsageMeter meter, RepeatedBody? body) : HttpTransformer
{
    /// <summary>The status of the answer; <see langword="null"/> before there is one.</summary>
    public HttpStatusCode? Status { get; private set; }

    /// <summary><see langword="true"/> when the answer does not go to the client; otherwise <see langword="false"/>.</summary>
    public bool IsWithheld { get; private set; }

    /// <summary><see langword="true"/> when the whole answer was read; otherwise <see langword="false"/>.</summary>
    public bool HasEnded => meter.HasEnded;

    /// <inheritdoc />
    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext,
        HttpRequestMessage proxyRequest,
        string destinationPrefix,
        CancellationToken cancellationToken
    )
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.RequestUri = plan.Url;
        proxyRequest.Headers.Host = null;
        CarriedHeaders.Prepare(httpContext.Request, proxyRequest, plan);
    }

    /// <inheritdoc />
    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext,
        HttpResponseMessage? proxyResponse,
        CancellationToken cancellationToken
    )
    {
        if (proxyResponse is null)
        {
            return true;
        }

        Status = proxyResponse.StatusCode;
        var isUpgrade = Status == HttpStatusCode.SwitchingProtocols && plan.Target.Method == Upstreams.AllowedPath.WebSocket;
        IsWithheld = Status switch
        {
            HttpStatusCode.Unauthorized => true,
            HttpStatusCode.NotModified => false,
            // A 101 that was not asked for is no answer.
            < HttpStatusCode.OK => !isUpgrade,
            // A redirect would lead the credential or the client elsewhere.
            >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest => true,
            _ => false,
        };
        if (IsWithheld)
        {
            return false;
        }

        body?.Release();
        await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        CarriedHeaders.Clean(httpContext.Response.Headers, proxyResponse.Headers.Connection);
        if (Status == HttpStatusCode.UpgradeRequired)
        {
            // The forwarder takes these away, and a client needs them to go on over HTTP (RFC 9110 §15.5.22).
            httpContext.Response.Headers.Upgrade = "websocket";
            httpContext.Response.Headers.Connection = "Upgrade";
        }

        meter.Begin(proxyResponse, isUpgrade);
        proxyResponse.Content = new ObservedContent(proxyResponse.Content, meter);
        return true;
    }

    /// <inheritdoc />
    public override async ValueTask TransformResponseTrailersAsync(
        HttpContext httpContext,
        HttpResponseMessage proxyResponse,
        CancellationToken cancellationToken
    )
    {
        await base.TransformResponseTrailersAsync(httpContext, proxyResponse, cancellationToken);
        if (httpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { IsReadOnly: false } trailers)
        {
            CarriedHeaders.Clean(trailers, []);
        }
    }
}
