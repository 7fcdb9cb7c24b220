using Microsoft.AspNetCore.Mvc;

namespace Axvault.Api.Http;

/// <summary>The form of RFC 6749 §5.2, for clients of OAuth.</summary>
internal sealed class OAuthForm : ErrorForm
{
    /// <summary>The mark.</summary>
    public static readonly OAuthForm Instance = new();

    private OAuthForm() { }

    /// <inheritdoc />
    public override Task WriteAsync(HttpContext http, ProblemDetails problem) =>
        http.Response.WriteAsJsonAsync(
            new OAuthError(CodeOf(problem.Status!.Value), problem.Detail!),
            OAuthJsonContext.Default.OAuthError,
            cancellationToken: http.RequestAborted
        );

    /// <summary>Returns the error code of a refusal with <paramref name="status"/> (RFC 6749 §4.1.2.1, §5.2).</summary>
    public static string CodeOf(int status) =>
        status switch
        {
            StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable => "temporarily_unavailable",
            < StatusCodes.Status500InternalServerError => "invalid_request",
            _ => "server_error",
        };
}
