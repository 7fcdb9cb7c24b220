using Microsoft.AspNetCore.Http.Features;

namespace Axvault.Api.Http;

/// <summary>The body of a request that is refused without reading it.</summary>
internal static class RefusedBody
{
    /// <summary>
    /// Lifts the listener's limit on the size of the body. At its limit the listener resets the connection, and the reset can overtake the answer. Without it
    /// the listener drains the body, for five seconds at most.
    /// </summary>
    public static void Drain(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }
    }
}
