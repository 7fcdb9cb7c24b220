using Axvault.Api.Lifetime;
using Axvault.ServiceDefaults;

namespace Axvault.Api.Pipeline;

/// <summary>The gate that answers 503 to everything except the liveness probe until the server is open.</summary>
/// <remarks>When the server has been told to stop, each answer also closes its connection.</remarks>
internal static class StartupGate
{
    /// <summary>Adds the gate to the pipeline.</summary>
    public static IApplicationBuilder UseStartupGate(this IApplicationBuilder app)
    {
        var readiness = app.ApplicationServices.GetRequiredService<ServerReadiness>();
        return app.Use(
            (context, next) =>
            {
                if (readiness.IsLeaving && HttpProtocol.IsHttp11(context.Request.Protocol))
                {
                    // A client that kept its connection would fail with its next request, after the stop.
                    context.Response.Headers.Connection = "close";
                }

                return readiness.IsReady || context.Request.Path == HealthEndpoints.AlivePath ? next(context) : RefuseAsync(context);
            }
        );
    }

    private static async Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = "1";
        await context
            .RequestServices.GetRequiredService<IProblemDetailsService>()
            .WriteAsync(
                new ProblemDetailsContext
                {
                    HttpContext = context,
                    ProblemDetails = { Status = StatusCodes.Status503ServiceUnavailable, Detail = "The server is starting." },
                }
            );
    }
}
