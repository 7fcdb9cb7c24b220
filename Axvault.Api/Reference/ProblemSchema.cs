using System.Text.Json.Nodes;
using Axvault.Api.Http;
using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>The schema of refusals (RFC 9457).</summary>
internal static class ProblemSchema
{
    /// <summary>The name of the schema.</summary>
    public const string Name = "ProblemDetails";

    /// <summary>The values of <c>error</c>.</summary>
    public static readonly string[] ErrorCodes =
    [
        ErrorCode.Unauthorized,
        ErrorCode.Forbidden,
        ErrorCode.NotFound,
        ErrorCode.MethodNotAllowed,
        ErrorCode.InvalidRequest,
        ErrorCode.Conflict,
        ErrorCode.PayloadTooLarge,
        ErrorCode.UnsupportedMediaType,
        ErrorCode.RateLimited,
        ErrorCode.RefreshFailed,
        ErrorCode.Unavailable,
        ErrorCode.InternalError,
    ];

    /// <summary>Makes the schema.</summary>
    public static OpenApiSchema Make() =>
        new()
        {
            Type = JsonSchemaType.Object,
            Description = "A refusal (RFC 9457). Clients decide by `error`; the words of `detail` may change.",
            Required = new HashSet<string> { "type", "title", "status", "detail", "error", "traceId" },
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["type"] = Member("Always `about:blank`. The kind of the problem is in `error`.", "about:blank"),
                ["title"] = Member("The name of the status."),
                ["status"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Integer,
                    Description = "The HTTP status.",
                    Minimum = "400",
                    Maximum = "599",
                },
                ["detail"] = Member("A sentence for people. It repeats nothing of the request."),
                ["error"] = Member("The kind of the refusal.", ErrorCodes),
                ["traceId"] = Member("The id of the request in the server's log and traces."),
                ["errors"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Description = "With 400: each wrong field, and the rules that it breaks.",
                    AdditionalProperties = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Array,
                        Items = new OpenApiSchema { Type = JsonSchemaType.String },
                    },
                },
                ["failure"] = Member("With 502: how long the failure holds.", "permanent", "misconfigured", "transient", "unknown"),
                ["reason"] = Member("With 502: the provider's answer, as a code."),
            },
        };

    private static OpenApiSchema Member(string description, params string[] values) =>
        new()
        {
            Type = JsonSchemaType.String,
            Description = description,
            Enum = values.Length == 0 ? null : [.. values.Select(static value => (JsonNode)value)],
        };
}
