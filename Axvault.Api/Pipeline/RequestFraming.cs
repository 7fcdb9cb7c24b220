using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Features;

namespace Axvault.Api.Pipeline;

/// <summary>The check that answers 400 to a request that a proxy may read in another way than this server, and closes its connection.</summary>
/// <remarks>
/// Kestrel takes <c>gzip, chunked</c> for a chunked body, and a body with two lengths. It removes dot segments from a path, so a rule of a proxy for one path
/// would not hold for the path that is served.
/// </remarks>
internal static partial class RequestFraming
{
    private const string Chunked = "chunked";

    // Kestrel moves a Content-Length beside a Transfer-Encoding to this header.
    private const string SecondLength = "X-Content-Length";

    /// <summary>Adds the check to the pipeline.</summary>
    public static IApplicationBuilder UseRequestFraming(this IApplicationBuilder app) =>
        app.Use(
            static (context, next) =>
            {
                if (HasOneFraming(context.Request) && !HasDotSegment(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget))
                {
                    return next(context);
                }

                if (HttpProtocol.IsHttp11(context.Request.Protocol))
                {
                    context.Response.Headers.Connection = "close";
                }

                context.Response.StatusCode = StatusCodes.Status400BadRequest;
                return Task.CompletedTask;
            }
        );

    private static bool HasOneFraming(HttpRequest request) =>
        request.Headers.TransferEncoding is not { Count: > 0 } encodings
        || (
            encodings is [Chunked]
            && request.Headers.ContentLength is null
            && !request.Headers.ContainsKey(SecondLength)
            && HttpProtocol.IsHttp11(request.Protocol)
        );

    private static bool HasDotSegment(string target)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return DotSegment().IsMatch(query < 0 ? target : target[..query]);
    }

    // A segment of one or two dots, encoded any number of times. Some proxies take a backslash for a separator, and drop what follows a semicolon.
    [GeneratedRegex(
        @"(?:[/\\]|%(?:25)*(?:2f|5c))(?:\.|%(?:25)*2e){1,2}(?:$|[/\\;]|%(?:25)*(?:2f|5c|3b))",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    )]
    private static partial Regex DotSegment();
}
