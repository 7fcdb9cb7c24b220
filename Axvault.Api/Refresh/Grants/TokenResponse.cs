using System.Text;
using System.Text.Json;
using Axvault.Api.Refresh.Shapes;

namespace Axvault.Api.Refresh.Grants;

/// <summary>
/// Reads the text of a token response (RFC 6749 §5), in its known variants: JSON or a form, in snake case or camel case, plain or in a wrapper.
/// </summary>
internal static class TokenResponse
{
    private const int MaxDepth = 3;

    // The members in which providers and gateways wrap a token response.
    private static readonly string[] Wrappers = ["data", "token", "tokens", "result", "results", "response", "payload", "body", "credentials", "oauth", "auth"];

    /// <summary>Reads <paramref name="body"/>.</summary>
    /// <returns>The error code, in lower case, or the tokens; neither when the body is not a token response.</returns>
    public static (string? ErrorCode, bool IsError, IssuedTokens? Issued) Read(ReadOnlyMemory<byte> body)
    {
        var text = body.Span.StartsWith(Encoding.UTF8.Preamble) ? body[Encoding.UTF8.Preamble.Length..] : body;
        try
        {
            return ReadJson(text);
        }
        catch (JsonException)
        {
            return FormAnswer.ToJson(text.Span) is { } form ? ReadJson(form) : (null, false, null);
        }
    }

    private static (string? ErrorCode, bool IsError, IssuedTokens? Issued) ReadJson(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            return (null, false, null);
        }

        var objects = Unwrap(document.RootElement);
        var (code, isError) = AnswerError.Find(objects);
        var issued = objects.Select(Tokens).FirstOrDefault(static tokens => tokens is not null);

        // Keep an access token that stands beside an error, with everything it came with: it may be the only working one. Anything less may be an echo.
        return issued is not null && (issued.AccessToken is not null || !isError) ? (null, false, issued) : (code, isError, null);
    }

    // The root first, and then what it wraps.
    private static List<JsonElement> Unwrap(JsonElement root)
    {
        var found = new List<JsonElement> { root };
        for (var (at, depth) = (0, 0); depth < MaxDepth; depth++)
        {
            var end = found.Count;
            for (; at < end; at++)
            {
                var parent = found[at];
                found.AddRange(
                    Wrappers
                        .Select(name => AnswerMembers.Find(parent, name))
                        .OfType<JsonElement>()
                        .Where(static value => value.ValueKind == JsonValueKind.Object)
                );
            }
        }

        return found;
    }

    // An object, a number or a text with a lone surrogate. Nothing, null and an empty text mean that the old token stays.
    private static bool IsUnread(JsonElement? token) =>
        token is { } value
        && AnswerMembers.Text(value) is null
        && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.True or JsonValueKind.False)
        && !(value.ValueKind == JsonValueKind.String && value.ValueEquals(""u8));

    private static IssuedTokens? Tokens(JsonElement parent)
    {
        var (lifetime, time) = AnswerExpiry.OfAccessToken(parent);
        var issued = new IssuedTokens
        {
            AccessToken = AnswerMembers.Text(parent, "access_token"),
            RefreshToken = AnswerMembers.Text(parent, "refresh_token"),
            HasUnreadToken = IsUnread(AnswerMembers.Find(parent, "refresh_token")),
            IdToken = AnswerMembers.Text(parent, "id_token"),
            ExpiresIn = lifetime,
            ExpiresAt = time,
            RefreshTokenExpiresIn = AnswerExpiry.OfRefreshToken(parent),
        };
        return (issued.AccessToken ?? issued.RefreshToken ?? issued.IdToken) is null ? null : issued;
    }
}
