using System.Diagnostics;
using Axvault.Api.Http;
using Axvault.ServiceDefaults;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace Axvault.Api.Pipeline;

/// <summary>The writer of every problem as <c>application/problem+json</c>.</summary>
/// <remarks><c>Accept</c> is ignored, because a client must be able to read its error.</remarks>
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
        // A detail may repeat a name from the request, and a client may have sent its secret as that name.
        problem.Detail = SecretMask.Apply(problem.Detail ?? ErrorCode.Describe(problem.Status.Value));
        problem.Extensions.TryAdd("error", ErrorCode.Of(problem.Status.Value));
        problem.Extensions["traceId"] = Activity.Current?.TraceId.ToHexString() ?? http.TraceIdentifier;
        http.Response.StatusCode = problem.Status.Value;
        if (FormOf(http) is { } form)
        {
            await form.WriteAsync(http, problem);
            return;
        }

        await http.Response.WriteAsJsonAsync(
            problem,
            json.Value.SerializerOptions.GetTypeInfo(typeof(ProblemDetails)),
            "application/problem+json",
            http.RequestAborted
        );
    }

    // A caught exception has taken the endpoint off the request.
    private static ErrorForm? FormOf(HttpContext http) =>
        (http.GetEndpoint() ?? http.Features.Get<IExceptionHandlerFeature>()?.Endpoint)?.Metadata.GetMetadata<ErrorForm>();
}
