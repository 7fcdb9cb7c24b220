using System.Text.Json.Nodes;

namespace Axvault.Api.Broker.Dialects;

/// <summary>The errors of Google's APIs (google.rpc.Status).</summary>
internal sealed class GeminiDialect : Dialect
{
    /// <inheritdoc />
    public override JsonObject Error(int status, RefusalKind kind, string message) =>
        new()
        {
            ["error"] = new JsonObject
            {
                ["code"] = status,
                ["message"] = message,
                ["status"] = kind == RefusalKind.Spent ? "FAILED_PRECONDITION" : StatusOf(status),
            },
        };

    private static string StatusOf(int status) =>
        status switch
        {
            StatusCodes.Status401Unauthorized => "UNAUTHENTICATED",
            StatusCodes.Status429TooManyRequests => "RESOURCE_EXHAUSTED",
            StatusCodes.Status503ServiceUnavailable => "UNAVAILABLE",
            StatusCodes.Status504GatewayTimeout => "DEADLINE_EXCEEDED",
            < StatusCodes.Status500InternalServerError => "INVALID_ARGUMENT",
            _ => "INTERNAL",
        };
}
