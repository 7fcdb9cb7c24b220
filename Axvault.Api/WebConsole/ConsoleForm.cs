using Axvault.Api.Http;
using Axvault.Api.RateLimits;
using Axvault.Api.WebConsole.Layout;
using Microsoft.AspNetCore.Http.Features;

namespace Axvault.Api.WebConsole;

/// <summary>Reads the form of a request. No other place does: a page takes it from <see cref="HttpRequest.Form"/>.</summary>
internal static class ConsoleForm
{
    /// <summary>The size limit of a form that needs no session, in bytes: room for a key and the path of a page.</summary>
    public const int MaxOpenBytes = 16 * 1024;

    /// <summary>Reads the form. A request without one gets an empty form.</summary>
    /// <param name="context">The request.</param>
    /// <param name="memory">The memory of the session's key; <see langword="null"/> for a form that needs no session.</param>
    /// <returns>The page of a form that cannot be read; otherwise <see langword="null"/>.</returns>
    public static async Task<IResult?> ReadAsync(HttpContext context, RequestMemory? memory)
    {
        var request = context.Request;
        if (!request.HasFormContentType)
        {
            request.Form = FormCollection.Empty;
            return null;
        }

        try
        {
            memory?.HoldBody(HeldBytes(context));
            await request.ReadFormAsync(context.RequestAborted);
            return null;
        }
        catch (OverBudgetException exception)
        {
            context.Response.Headers.RetryAfter = "1";
            return FailurePage.Refuse(exception.Message, exception.Status);
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            // The framework words what is wrong with the body in the terms of its own parser.
            return FailurePage.Refuse(
                "The form cannot be read: it is cut off, too large, or has too many fields.",
                (exception as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest
            );
        }
    }

    // Half of a body's copies are of the form. The call to the API that follows holds its own. A form without a length counts as one of the greatest size.
    private static long HeldBytes(HttpContext context) =>
        ((context.Request.ContentLength ?? context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize ?? 0) + 1) / 2;
}
