using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Http;

/// <summary>The refusals that handlers answer with, as problem details (RFC 9457) with the extra member <c>error</c>.</summary>
internal static class Problems
{
    /// <summary>400, naming each field that is wrong and what it must be.</summary>
    public static ProblemHttpResult Invalid(IReadOnlyDictionary<string, string> fields) => TypedResults.Problem(
        statusCode: StatusCodes.Status400BadRequest,
        detail: string.Join(' ', fields.Select(static field => $"{field.Key} {field.Value}.")),
        extensions: [new("error", ErrorCode.InvalidRequest), new("errors", fields.ToDictionary(static field => field.Key, static field => new[] { field.Value }))]);

    /// <summary>400, naming the one field that is wrong and what it must be.</summary>
    public static ProblemHttpResult Invalid(string field, string rule) => Invalid(new Dictionary<string, string> { [field] = rule });

    /// <summary>403; the same words whether or not the thing exists.</summary>
    public static ProblemHttpResult Forbidden(string detail) => Of(StatusCodes.Status403Forbidden, detail);

    /// <summary>404.</summary>
    public static ProblemHttpResult NotFound(string detail) => Of(StatusCodes.Status404NotFound, detail);

    /// <summary>409: the state of the thing does not allow it.</summary>
    public static ProblemHttpResult Conflict(string detail) => Of(StatusCodes.Status409Conflict, detail);

    /// <summary>412: the thing is not in the state that the request asks for.</summary>
    public static ProblemHttpResult PreconditionFailed(string detail) => Of(StatusCodes.Status412PreconditionFailed, detail);

    /// <summary>502: a provider did not refresh a credential.</summary>
    /// <param name="failure">How bad it is: <c>permanent</c>, <c>transient</c> or <c>unknown</c>.</param>
    /// <param name="reason">What it said, as a code.</param>
    public static ProblemHttpResult RefreshFailed(string failure, string reason) => TypedResults.Problem(
        statusCode: StatusCodes.Status502BadGateway,
        detail: $"The provider did not refresh the credential ({failure}: {reason}). What is stored stays.",
        extensions: [new("error", ErrorCode.RefreshFailed), new("failure", failure), new("reason", reason)]);

    /// <summary>503: worth trying again.</summary>
    public static ProblemHttpResult Unavailable(string detail) => Of(StatusCodes.Status503ServiceUnavailable, detail);

    private static ProblemHttpResult Of(int status, string detail) =>
        TypedResults.Problem(statusCode: status, detail: detail, extensions: [new("error", ErrorCode.Of(status))]);
}
