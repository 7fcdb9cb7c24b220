using System.Text.Json.Nodes;

namespace Axvault.Api.Broker.Dialects;

/// <summary>The errors of OpenAI's APIs, which most others have taken over.</summary>
internal sealed class OpenAIDialect : Dialect
{
    /// <inheritdoc />
    public override JsonObject Error(int status, RefusalKind kind, string message)
    {
        var (type, code) = (status, kind) switch
        {
            (_, RefusalKind.Spent) => ("insufficient_quota", "insufficient_quota"),
            (StatusCodes.Status401Unauthorized, _) => ("invalid_request_error", "invalid_api_key"),
            (StatusCodes.Status429TooManyRequests, _) => ("requests", "rate_limit_exceeded"),
            ( < StatusCodes.Status500InternalServerError, _) => ("invalid_request_error", null),
            _ => ("server_error", (string?)null),
        };
        return new JsonObject
        {
            ["error"] = new JsonObject
            {
                ["message"] = message,
                ["type"] = type,
                ["param"] = null,
                ["code"] = code,
            },
        };
    }
}
