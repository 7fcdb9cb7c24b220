using Axvault.ServiceDefaults;

namespace Axvault.Api.Startup;

/// <summary>Answers 503 to everything but the liveness probe until the vault is open; once the server is told to stop, each answer is the last on its connection.</summary>
internal static class StartupGate
{
    /// <summary>Adds the gate to the pipeline.</summary>
    public static IApplicationBuilder UseStartupGate(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);

        var readiness = app.ApplicationServices.GetRequiredService<VaultReadiness>();
        return app.Use((context, next) =>
        {
            if (readiness.IsLeaving && HttpProtocol.IsHttp11(context.Request.Protocol))
            {
                // A client that keeps its connection would meet the stop with its next request.
                context.Response.Headers.Connection = "close";
            }

            return readiness.IsReady || context.Request.Path == HealthEndpoints.AlivePath ? next(context) : RefuseAsync(context);
        });
    }

    private static async Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = "1";
        await context.RequestServices.GetRequiredService<IProblemDetailsService>().WriteAsync(new ProblemDetailsContext
        {
            HttpContext = context,
            ProblemDetails = { Status = StatusCodes.Status503ServiceUnavailable, Detail = "The server is starting." },
        });
    }
}
