namespace Axvault.Api.Http;

/// <summary>The values of <c>error</c> in a problem answer, on which clients decide, and their default sentences.</summary>
internal static class ErrorCode
{
    public const string Unauthorized = "unauthorized";
    public const string Forbidden = "forbidden";
    public const string NotFound = "not-found";
    public const string MethodNotAllowed = "method-not-allowed";
    public const string InvalidRequest = "invalid-request";
    public const string Conflict = "conflict";
    public const string PayloadTooLarge = "payload-too-large";
    public const string UnsupportedMediaType = "unsupported-media-type";
    public const string RateLimited = "rate-limited";
    public const string RefreshFailed = "refresh-failed";
    public const string Unavailable = "unavailable";
    public const string InternalError = "internal-error";

    /// <summary>Returns the code of an HTTP status.</summary>
    public static string Of(int status) =>
        status switch
        {
            StatusCodes.Status401Unauthorized => Unauthorized,
            StatusCodes.Status403Forbidden => Forbidden,
            StatusCodes.Status404NotFound => NotFound,
            StatusCodes.Status405MethodNotAllowed => MethodNotAllowed,
            StatusCodes.Status409Conflict or StatusCodes.Status412PreconditionFailed => Conflict,
            StatusCodes.Status413PayloadTooLarge => PayloadTooLarge,
            StatusCodes.Status415UnsupportedMediaType => UnsupportedMediaType,
            StatusCodes.Status429TooManyRequests => RateLimited,
            StatusCodes.Status502BadGateway => RefreshFailed,
            StatusCodes.Status503ServiceUnavailable => Unavailable,
            < StatusCodes.Status500InternalServerError => InvalidRequest,
            _ => InternalError,
        };

    /// <summary>Returns the sentence for an HTTP status without a more exact detail.</summary>
    public static string Describe(int status) =>
        status switch
        {
            StatusCodes.Status400BadRequest => "The request is not well formed: the path, a query parameter or the body is not what this call takes.",
            StatusCodes.Status404NotFound => "There is nothing at this path.",
            StatusCodes.Status405MethodNotAllowed => "This path does not take this method; the Allow header names those that it takes.",
            StatusCodes.Status408RequestTimeout => "The body did not arrive in time.",
            StatusCodes.Status413PayloadTooLarge => "The body is too large.",
            StatusCodes.Status415UnsupportedMediaType => "The body must be in UTF-8: send Content-Type: application/json, or a form where the call takes one.",
            StatusCodes.Status503ServiceUnavailable => "The request took too long. Try again.",
            _ => "The request could not be served.",
        };
}
