using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Axvault.ServiceDefaults;

/// <summary>The two probes of an orchestrator, mapped in every environment. Their bodies have a status and nothing else.</summary>
public static class HealthEndpoints
{
    /// <summary>Liveness: 200 as long as the process answers, independent of its dependencies.</summary>
    public const string AlivePath = "/alive";

    /// <summary>Readiness: 200 when every health check passes, else 503.</summary>
    public const string ReadyPath = "/health";

    // Without this the checks answer every method.
    private static readonly HttpMethodMetadata Methods = new([HttpMethods.Get, HttpMethods.Head]);

    /// <summary>Maps <c>GET</c> and <c>HEAD</c> of <see cref="AlivePath"/> and <see cref="ReadyPath"/>, without authentication or rate limits.</summary>
    public static IEndpointRouteBuilder MapHealthEndpoints(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);

        // Liveness checks no dependency, because a restart does not repair a database.
        endpoints
            .MapHealthChecks(AlivePath, new HealthCheckOptions { Predicate = static _ => false, ResponseWriter = WriteStatusAsync })
            .WithMetadata(Methods)
            .AllowAnonymous()
            .DisableRateLimiting();
        endpoints
            .MapHealthChecks(ReadyPath, new HealthCheckOptions { ResponseWriter = WriteStatusAsync })
            .WithMetadata(Methods)
            .AllowAnonymous()
            .DisableRateLimiting();
        return endpoints;
    }

    private static Task WriteStatusAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "text/plain";
        return context.Response.WriteAsync(report.Status.ToString(), context.RequestAborted);
    }
}
