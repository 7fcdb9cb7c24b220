using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Axvault.Api.Broker.Dialects;
using Axvault.Api.Http;
using Microsoft.AspNetCore.Mvc;

namespace Axvault.Api.Broker;

/// <summary>The refusals of calls in the form of the provider whose API the agent speaks.</summary>
internal sealed class BrokerErrors : ErrorForm
{
    /// <summary>The mark.</summary>
    public static readonly BrokerErrors Instance = new();

    // People read the message in a terminal, and it stands in no page.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private BrokerErrors() { }

    /// <inheritdoc />
    public override Task WriteAsync(HttpContext http, ProblemDetails problem)
    {
        var dialect = Dialect.Of(CallTarget.PathBelowName(http));
        var isSpent = problem.Extensions.TryGetValue("error", out var code) && code is BrokerProblems.SpentCode;
        var status =
            isSpent ? dialect.SpentStatus
            // Agents take these for a missing login, a missing model, or something that passes.
            : problem.Status is StatusCodes.Status403Forbidden or StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed
                ? StatusCodes.Status400BadRequest
            : problem.Status!.Value;
        var body = dialect.Error(status, isSpent ? RefusalKind.Spent : RefusalKind.Plain, problem.Detail!);
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        if (status < StatusCodes.Status500InternalServerError && http.Response.Headers.RetryAfter.Count == 0)
        {
            http.Response.Headers["x-should-retry"] = "false";
        }

        if (status == StatusCodes.Status426UpgradeRequired)
        {
            http.Response.Headers.Upgrade = "websocket";
            http.Response.Headers.Connection = "Upgrade";
        }

        return http.Response.WriteAsync(body.ToJsonString(Plain), Encoding.UTF8, http.RequestAborted);
    }
}
