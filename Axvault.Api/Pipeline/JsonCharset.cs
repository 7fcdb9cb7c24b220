using System.Text;
using Axvault.Api.Http;
using Microsoft.Net.Http.Headers;

namespace Axvault.Api.Pipeline;

/// <summary>The rule that a body is UTF-8 (RFC 8259 §8.1): a <c>charset</c> that names UTF-8 is removed, and any other is refused.</summary>
/// <remarks>The framework alone fails on an unknown charset, and on one in quotes (RFC 9110 §8.3.1).</remarks>
internal static class JsonCharset
{
    /// <summary>Adds the check to the pipeline.</summary>
    public static IApplicationBuilder UseJsonCharset(this IApplicationBuilder app) =>
        app.Use(
            static (context, next) =>
            {
                var request = context.Request;
                if (
                    context.GetEndpoint()?.Metadata.GetMetadata<StreamedBody>() is not null
                    || !MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
                    || FindCharsets(type) is not { Count: > 0 } charsets
                )
                {
                    return next(context);
                }

                if (!charsets.All(IsUtf8))
                {
                    context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
                    return Task.CompletedTask;
                }

                charsets.ForEach(charset => type.Parameters.Remove(charset));
                request.ContentType = type.ToString();
                return next(context);
            }
        );

    // Every repeated charset is checked, because the framework would use any of them.
    private static List<NameValueHeaderValue> FindCharsets(MediaTypeHeaderValue type) =>
        [.. type.Parameters.Where(static parameter => parameter.Name.Equals("charset", StringComparison.OrdinalIgnoreCase))];

    private static bool IsUtf8(NameValueHeaderValue charset) =>
        HeaderUtilities.RemoveQuotes(charset.Value).Equals(Encoding.UTF8.WebName, StringComparison.OrdinalIgnoreCase);
}
