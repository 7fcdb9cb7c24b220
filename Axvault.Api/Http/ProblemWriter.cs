using System.Diagnostics;
using Axvault.ServiceDefaults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace Axvault.Api.Http;

/// <summary>Writes every problem as <c>application/problem+json</c>, whatever the request accepts: a client must be able to read its error.</summary>
internal sealed class ProblemWriter(IOptions<JsonOptions> json) : IProblemDetailsWriter
{
    /// <inheritdoc />
    public bool CanWrite(ProblemDetailsContext context) => true;

    /// <inheritdoc />
    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var (http, problem) = (context.HttpContext, context.ProblemDetails);
        problem.Status ??= http.Response.StatusCode;
        problem.Title = ReasonPhrases.GetReasonPhrase(problem.Status.Value);
        problem.Type = "about:blank";
        // A detail may name what was asked for, and a client may ask for its own key where a name belongs.
        problem.Detail = SecretMask.Apply(problem.Detail ?? ErrorCode.Describe(problem.Status.Value));
        problem.Extensions.TryAdd("error", ErrorCode.Of(problem.Status.Value));
        problem.Extensions["traceId"] = Activity.Current?.TraceId.ToHexString() ?? http.TraceIdentifier;
        http.Response.StatusCode = problem.Status.Value;
        await http.Response.WriteAsJsonAsync(
            problem,
            json.Value.SerializerOptions.GetTypeInfo(typeof(ProblemDetails)),
            "application/problem+json",
            http.RequestAborted);
    }
}
