using System.Buffers.Text;
using System.Text.Json;

namespace Axvault.Api.Refresh.Shapes;

/// <summary>Reads when an access token that is a JWT expires (RFC 7519 §4.1.4), without checking it: its issuer and its audience do that.</summary>
internal static class JwtExpiry
{
    private const int MaxLength = 64 * 1024;
    private const double MostSeconds = 253_402_300_799; // the end of the year 9999

    /// <summary>The time of <c>exp</c>; <see langword="null"/> when <paramref name="token"/> is no JWT, or has none.</summary>
    public static DateTimeOffset? Read(string token) => ReadSeconds(token, "exp");

    /// <summary>The time of <c>iat</c>, when it was issued.</summary>
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
            return claims.RootElement.ValueKind == JsonValueKind.Object
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
