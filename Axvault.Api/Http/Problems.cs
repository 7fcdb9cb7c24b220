using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Http;

/// <summary>The refusals of handlers, as problem details (RFC 9457) with the extra member <c>error</c>.</summary>
internal static class Problems
{
    /// <summary>Returns 400, with each wrong field and its rule.</summary>
    public static ProblemHttpResult Invalid(IReadOnlyDictionary<string, string> fields) =>
        TypedResults.Problem(
            statusCode: StatusCodes.Status400BadRequest,
            detail: string.Join(' ', fields.Select(static field => $"{field.Key} {field.Value}.")),
            extensions:
            [
                new("error", ErrorCode.InvalidRequest),
                new("errors", fields.ToDictionary(static field => field.Key, static field => new[] { field.Value })),
            ]
        );

    /// <summary>Returns 400, with one wrong field and its rule.</summary>
    public static ProblemHttpResult Invalid(string field, string rule) => Invalid(new Dictionary<string, string> { [field] = rule });

    /// <summary>Returns 403. The words are the same whether or not the thing exists.</summary>
    public static ProblemHttpResult Forbidden(string detail) => Of(StatusCodes.Status403Forbidden, detail);

    /// <summary>Returns 404.</summary>
    public static ProblemHttpResult NotFound(string detail) => Of(StatusCodes.Status404NotFound, detail);

    /// <summary>Returns 409: the state of the thing does not allow the change.</summary>
    public static ProblemHttpResult Conflict(string detail) => Of(StatusCodes.Status409Conflict, detail);

    /// <summary>Returns 412: the thing has another version than the request asks for.</summary>
    public static ProblemHttpResult PreconditionFailed(string detail) => Of(StatusCodes.Status412PreconditionFailed, detail);

    /// <summary>Returns 502: a provider did not refresh a credential.</summary>
    /// <param name="failure">The class of the failure: <c>permanent</c>, <c>misconfigured</c>, <c>transient</c> or <c>unknown</c>.</param>
    /// <param name="reason">The code of the error.</param>
    public static ProblemHttpResult RefreshFailed(string failure, string reason) =>
        TypedResults.Problem(
            statusCode: StatusCodes.Status502BadGateway,
            detail: $"The provider did not refresh the credential ({failure}: {reason}). What is stored stays.",
            extensions: [new("error", ErrorCode.RefreshFailed), new("failure", failure), new("reason", reason)]
        );

    /// <summary>Returns 502: a provider did not log a credential in.</summary>
    /// <param name="reason">The code of the error.</param>
    public static ProblemHttpResult LoginFailed(string reason) =>
        TypedResults.Problem(
            statusCode: StatusCodes.Status502BadGateway,
            detail: $"The provider did not give tokens for the login ({reason}). What is stored stays.",
            extensions: [new("error", ErrorCode.RefreshFailed), new("reason", reason)]
        );

    /// <summary>Returns 503: worth a retry.</summary>
    public static ProblemHttpResult Unavailable(string detail) => Of(StatusCodes.Status503ServiceUnavailable, detail);

    private static ProblemHttpResult Of(int status, string detail) =>
        TypedResults.Problem(statusCode: status, detail: detail, extensions: [new("error", ErrorCode.Of(status))]);
}
