using System.Text;
using System.Text.Json;
using Axvault.Api.Refresh.Shapes;

namespace Axvault.Api.Refresh.Grants;

/// <summary>Reads the body of a token response (RFC 6749 §5), in its known variants.</summary>
internal static class TokenResponse
{
    // A longer lifetime is a mistake, and would not fit a time.
    private static readonly TimeSpan MostLifetime = TimeSpan.FromDays(3650);

    /// <summary>Reads <paramref name="body"/>.</summary>
    /// <returns>The error code or the tokens; neither when the body is not a token response.</returns>
    public static (string? ErrorCode, bool IsError, IssuedTokens? Issued) Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body.Span.StartsWith(Encoding.UTF8.Preamble) ? body[Encoding.UTF8.Preamble.Length..] : body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return (null, false, null);
            }

            // An error may come with any status, and in several places. An unknown code alone is not an error.
            var hasError = JsonMembers.TryFind(root, "error", out var error) && (error.ValueKind == JsonValueKind.Object || Text(root, "error") is not null);
            string?[] codes = [Text(root, "error"), Text(error, "code"), Text(root, "code"), Text(error, "type")];
            var code = Array.Find(codes, RefreshError.IsFinal) ?? Array.Find(codes, RefreshError.IsKnown) ?? Array.Find(codes, static code => code is not null);
            var isError = hasError || RefreshError.IsKnown(code);
            var issued = new IssuedTokens
            {
                AccessToken = Text(root, "access_token"),
                RefreshToken = Text(root, "refresh_token"),
                IdToken = Text(root, "id_token"),
                ExpiresIn = Lifetime(root, "expires_in"),
                RefreshTokenExpiresIn = Lifetime(root, "refresh_token_expires_in"),
            };

            // Keep an access token that stands beside an error, with everything it came with: it may be the only working one. Anything less may be an echo.
            var isIssued = issued.AccessToken is not null || (!isError && (issued.RefreshToken ?? issued.IdToken) is not null);
            return isIssued ? (null, false, issued) : (code, isError, null);
        }
        catch (JsonException)
        {
            return (null, false, null);
        }
    }

    private static string? Text(JsonElement parent, string name)
    {
        if (parent.ValueKind != JsonValueKind.Object || !JsonMembers.TryFind(parent, name, out var value) || value.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        try
        {
            return value.GetString() is { Length: > 0 } text ? text : null;
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate is not text.
            return null;
        }
    }

    private static TimeSpan? Lifetime(JsonElement parent, string name)
    {
        if (!JsonMembers.TryFind(parent, name, out var value))
        {
            return null;
        }

        var seconds = value.ValueKind switch
        {
            JsonValueKind.Number when value.TryGetDouble(out var number) => number,
            JsonValueKind.String
                when double.TryParse(
                    Text(parent, name),
                    System.Globalization.NumberStyles.Float,
                    System.Globalization.CultureInfo.InvariantCulture,
                    out var number
                ) => number,
            _ => 0,
        };
        return seconds > 0 && seconds <= MostLifetime.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }
}
