using Axvault.Api.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Axvault.Api.Pipeline;

/// <summary>The check that answers 413 (RFC 9110 §15.5.14) to a body whose declared length is over the limit.</summary>
/// <remarks>The body is drained first, so that the client reads the answer.</remarks>
internal static class BodyLimit
{
    /// <summary>Adds the check to the pipeline.</summary>
    public static IApplicationBuilder UseBodyLimit(this IApplicationBuilder app) =>
        app.Use(
            static (context, next) =>
            {
                if (
                    context.Features.Get<IHttpMaxRequestBodySizeFeature>() is not { IsReadOnly: false } limit
                    || !(context.Request.ContentLength > limit.MaxRequestBodySize)
                )
                {
                    return next(context);
                }

                RefusedBody.Drain(context);
                context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
                return Task.CompletedTask;
            }
        );
}
