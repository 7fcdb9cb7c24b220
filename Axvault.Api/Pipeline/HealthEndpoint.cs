using System.Text.Json.Serialization;
using Axvault.Api.Http;
using Axvault.Api.Http.Description;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Axvault.Api.Pipeline;

/// <summary>The health of the API for its clients: 200 when the vault is open, the database answers and the audit log can be written, else 503.</summary>
internal static class HealthEndpoint
{
    /// <summary>Maps <c>GET</c> and <c>HEAD /health</c>, without authentication.</summary>
    public static void MapApiHealth(this IEndpointRouteBuilder api) =>
        api.MapMethods("/health", [HttpMethods.Get, HttpMethods.Head], GetAsync)
            .WithName("getHealth")
            .WithSummary("Check the health")
            .WithDescription("Needs no API key.")
            .WithAnswer(200, "The server serves.")
            .WithTags("Health")
            .AllowAnonymous()
            .DisableRateLimiting();

    private static async Task<Results<Ok<HealthResponse>, ProblemHttpResult>> GetAsync(HealthCheckService health, CancellationToken cancellationToken)
    {
        var report = await health.CheckHealthAsync(cancellationToken);
        return report.Status == HealthStatus.Healthy
            ? TypedResults.Ok(new HealthResponse("ok"))
            : Problems.Unavailable("The server is starting or stopping, its database does not answer, or its audit log cannot be written.");
    }
}

/// <summary>The answer of a healthy server.</summary>
/// <param name="Status">Always <c>ok</c>.</param>
internal sealed record HealthResponse(string Status);

/// <summary>The JSON of the bodies of this folder.</summary>
[JsonSerializable(typeof(HealthResponse))]
internal sealed partial class HttpJsonContext : JsonSerializerContext;
