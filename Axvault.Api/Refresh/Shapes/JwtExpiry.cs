using System.Buffers.Text;
using System.Text.Json;

namespace Axvault.Api.Refresh.Shapes;

/// <summary>Reads the times of an access token that is a JWT (RFC 7519 §4.1.4). Its signature is not checked: its audience does that.</summary>
internal static class JwtExpiry
{
    private const int MaxLength = 64 * 1024;
    private const double MostSeconds = 253_402_300_799; // the end of the year 9999

    /// <summary>Returns the time in <c>exp</c>, or <see langword="null"/> when <paramref name="token"/> is not a JWT or has none.</summary>
    public static DateTimeOffset? Read(string token) => ReadSeconds(token, "exp");

    /// <summary>Returns the time in <c>iat</c>, at which the token was issued.</summary>
    public static DateTimeOffset? ReadIssuedAt(string token) => ReadSeconds(token, "iat");

    // header.payload.signature, each in base64url without padding.
    private static DateTimeOffset? ReadSeconds(string token, string claim)
    {
        if (token.Length > MaxLength || token.Split('.') is not [_, { Length: > 0 } payload, _] || !Base64Url.IsValid(payload))
        {
            return null;
        }

        try
        {
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(payload));
            return
                claims.RootElement.ValueKind == JsonValueKind.Object
                && JsonMembers.TryFind(claims.RootElement, claim, out var value)
                && value.ValueKind == JsonValueKind.Number
                && value.TryGetDouble(out var seconds)
                && seconds is > 0 and <= MostSeconds
                ? DateTimeOffset.FromUnixTimeSeconds((long)seconds)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
