using System.Collections.Frozen;

namespace Axvault.Api.Refresh.Grants;

/// <summary>The kind of an answer, for the log. Only known content types are repeated: any other text could hold a token.</summary>
internal static class AnswerKind
{
    private static readonly FrozenSet<string> Known = new[]
    {
        "application/json",
        "application/problem+json",
        "application/x-www-form-urlencoded",
        "application/octet-stream",
        "application/xml",
        "application/javascript",
        "application/jwt",
        "application/gzip",
        "text/html",
        "text/plain",
        "text/xml",
        "text/json",
        "text/javascript",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Returns the status and the content type of <paramref name="response"/>.</summary>
    public static string Of(HttpResponseMessage response) =>
        $"status {(int)response.StatusCode}, "
        + response.Content.Headers.ContentType?.MediaType switch
        {
            null => "no content type",
            var type when Known.Contains(type) => type.ToLowerInvariant(),
            _ => "another content type",
        };

    /// <summary>Returns <see langword="true"/> when the answer is a page for people; otherwise <see langword="false"/>.</summary>
    public static bool IsPage(HttpResponseMessage response, AnswerBody body) =>
        response.Content.Headers.ContentType?.MediaType is { } type
            ? type.Contains("html", StringComparison.OrdinalIgnoreCase)
            : body.Text.Span.TrimStart(" \t\r\n"u8).StartsWith("<"u8);
}
