using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Axvault.Api.Federation.Rules;
using Axvault.Api.Http;
using Axvault.Api.Settings;
using Microsoft.IdentityModel.Tokens;

namespace Axvault.Api.Federation.Exchange;

/// <summary>
/// A workload's token: a JWT in the compact form (RFC 7515 §7.1), read and not yet verified. A class, because the ToString of a record would print it.
/// </summary>
internal sealed class WorkloadToken
{
    /// <summary>The greatest length, in characters.</summary>
    public const int MaxLength = 16 * 1024;

    private const int MaxSubjectLength = 1024;

    // The last day of the year 9999 is left out, so that the tolerance for clocks can be added to any time.
    private const double MaxTime = 253_402_214_400;

    private readonly JsonElement _header;

    private WorkloadToken(string text, JsonElement header, JsonElement claims, byte[] payload) =>
        (Text, _header, Claims, ClaimsHash) = (text, header, claims, SHA256.HashData(payload));

    /// <summary>The token itself, for the verification of its signature alone.</summary>
    public string Text { get; }

    /// <summary>The claims.</summary>
    public JsonElement Claims { get; }

    /// <summary>The signature algorithm, <c>alg</c>.</summary>
    public string? Algorithm => Member(_header, "alg");

    /// <summary>The id of the key, <c>kid</c>.</summary>
    public string? KeyId => Member(_header, "kid");

    /// <summary>The type, <c>typ</c>.</summary>
    public string? Type => Member(_header, "typ");

    /// <summary><see langword="true"/> when the token needs an extension (<c>crit</c>, RFC 7515 §4.1.11). This server has none.</summary>
    public bool NeedsExtension => _header.TryGetProperty("crit", out _);

    /// <summary>The issuer, <c>iss</c>.</summary>
    public string? Issuer => Member(Claims, "iss");

    /// <summary>The subject, <c>sub</c>.</summary>
    public string? Subject { get; private init; }

    /// <summary>The audiences, <c>aud</c>: a text or an array of texts (RFC 7519 §4.1.3).</summary>
    public IReadOnlyList<string> Audiences { get; private init; } = [];

    /// <summary>The end of its life, <c>exp</c>.</summary>
    public DateTimeOffset? ExpiresAt { get; private init; }

    /// <summary>The time at which it was made, <c>iat</c>.</summary>
    public DateTimeOffset? IssuedAt { get; private init; }

    /// <summary>The time before which it does not count, <c>nbf</c>.</summary>
    public DateTimeOffset? NotBefore { get; private init; }

    // The decoded claims. The text differs between two encodings of the same claims, so a hash of it would not recognize the token.
    private byte[] ClaimsHash { get; }

    /// <summary>The SHA-256 by which a used token is recognized: of issuer and token id (<c>jti</c>), or of the claims when it has no id.</summary>
    public byte[] Mark() =>
        Member(Claims, "jti") is { Length: > 0 } id
            ? SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"jti\n{Issuer?.Length}\n{Issuer}\n{id}")))
            : SHA256.HashData([.. "claims\n"u8, .. ClaimsHash]);

    /// <summary>Reads a token.</summary>
    /// <param name="text">The token.</param>
    /// <param name="token">The token, when it has the form of one.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out WorkloadToken? token)
    {
        token = null;
        if (text.Length > MaxLength || text.Split('.') is not [var head, var body, { Length: > 0 }])
        {
            return false;
        }

        try
        {
            var payload = Decode(body);
            var (header, claims) = (Parse(Decode(head)), Parse(payload));
            if (header is not { ValueKind: JsonValueKind.Object } first || claims is not { ValueKind: JsonValueKind.Object } second)
            {
                return false;
            }

            token = Read(text, first, second, payload);
        }
        catch (Exception exception) when (exception is FormatException or JsonException or DecoderFallbackException)
        {
            // Not Base64url, not UTF-8 or not JSON: not a token.
        }

        return token is not null;
    }

    /// <inheritdoc />
    public override string ToString() => "a token";

    private static WorkloadToken? Read(string text, JsonElement header, JsonElement claims, byte[] payload)
    {
        var subject = Member(claims, "sub");
        // PostgreSQL stores no NUL, and a log line no control character.
        return
            !((string[])["iss", "sub", "jti", PullRequestEvents.Claim]).All(name => IsText(claims, name))
            || ReadAudiences(claims) is not { } audiences
            || subject?.Length > MaxSubjectLength
            || subject?.Any(char.IsControl) == true
            || !TryReadTime(claims, "exp", out var expiresAt)
            || !TryReadTime(claims, "iat", out var issuedAt)
            || !TryReadTime(claims, "nbf", out var notBefore)
            ? null
            : new WorkloadToken(text, header, claims, payload)
            {
                Subject = subject,
                Audiences = audiences,
                ExpiresAt = expiresAt,
                IssuedAt = issuedAt,
                NotBefore = notBefore,
            };
    }

    private static bool IsText(JsonElement claims, string name) =>
        !claims.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.String;

    // Null when the claim has another form than RFC 7519 §4.1.3 says.
    private static string[]? ReadAudiences(JsonElement claims) =>
        !claims.TryGetProperty("aud", out var audience) ? []
        : audience.ValueKind == JsonValueKind.String ? [audience.GetString()!]
        : audience.ValueKind == JsonValueKind.Array && audience.EnumerateArray().All(static one => one.ValueKind == JsonValueKind.String)
            ? [.. audience.EnumerateArray().Select(static one => one.GetString()!)]
        : null;

    // A time that is there and cannot be read is not taken for an absent one.
    private static bool TryReadTime(JsonElement claims, string name, out DateTimeOffset? time)
    {
        time = null;
        if (!claims.TryGetProperty(name, out var value))
        {
            return true;
        }

        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var seconds) || seconds is not (>= 0 and <= MaxTime))
        {
            return false;
        }

        time = DateTimeOffset.UnixEpoch.AddSeconds(seconds);
        return true;
    }

    // The decoder of the library also takes Base64 with padding, which a JWT does not have.
    private static byte[] Decode(string part) =>
        part.AsSpan().IndexOfAny("=+/") >= 0 ? throw new FormatException("Not Base64url.") : Base64UrlEncoder.DecodeBytes(part);

    private static JsonElement Parse(byte[] json) => StrictJson.Parse(StrictUtf8.Encoding.GetString(json));

    private static string? Member(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
