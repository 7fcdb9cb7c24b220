using System.Text.Json.Nodes;

namespace Axvault.Api.Broker.Dialects;

/// <summary>The errors of the Messages API (docs.claude.com/en/api/errors).</summary>
internal sealed class AnthropicDialect : Dialect
{
    /// <inheritdoc />
    public override int SpentStatus => StatusCodes.Status429TooManyRequests;

    /// <inheritdoc />
    public override JsonObject Error(int status, RefusalKind kind, string message) =>
        new()
        {
            ["type"] = "error",
            ["error"] = new JsonObject { ["type"] = kind == RefusalKind.Spent ? "billing_error" : TypeOf(status), ["message"] = message },
        };

    private static string TypeOf(int status) =>
        status switch
        {
            StatusCodes.Status401Unauthorized => "authentication_error",
            StatusCodes.Status413PayloadTooLarge => "request_too_large",
            StatusCodes.Status429TooManyRequests => "rate_limit_error",
            StatusCodes.Status504GatewayTimeout => "timeout_error",
            < StatusCodes.Status500InternalServerError => "invalid_request_error",
            _ => "api_error",
        };
}
