using Microsoft.AspNetCore.Http.Features;

namespace Axvault.Api.Http;

/// <summary>A body that is said to be larger than <see cref="RequestLimits.MaxBodyBytes"/> is answered by 413 (RFC 9110 §15.5.14), and its client hears it.</summary>
/// <remarks>The listener's own limit hangs up on what is still being sent, and the reset that follows can overtake the answer. Without it, the listener takes in what comes, for five seconds at most.</remarks>
internal static class BodyLimit
{
    /// <summary>Adds the check to the pipeline.</summary>
    public static IApplicationBuilder UseBodyLimit(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is not { IsReadOnly: false } limit || !(context.Request.ContentLength > limit.MaxRequestBodySize))
        {
            return next(context);
        }

        LetBodyCome(context);
        context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
        return Task.CompletedTask;
    });

    /// <summary>Takes the listener's own limit from a request that is refused without its body.</summary>
    public static void LetBodyCome(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }
    }
}
