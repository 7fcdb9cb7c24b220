using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Axvault.Api.Federation.KeySets;

/// <summary>A public key of an issuer (RFC 7517 §4).</summary>
/// <param name="Id">The key id, <c>kid</c>.</param>
/// <param name="Curve">The curve; <see langword="null"/> for an RSA key.</param>
/// <param name="Algorithm">The only algorithm of the key; <see langword="null"/> when the key set names none.</param>
/// <param name="Key">The key as the library takes it.</param>
internal sealed record IssuerKey(string Id, string? Curve, string? Algorithm, SecurityKey Key)
{
    private const int MaxIdLength = 256;
    private const int MinRsaBytes = 2048 / 8;
    private const int MaxRsaBytes = 8192 / 8;

    /// <summary>The type of the key, <c>kty</c>.</summary>
    public string Type => Curve is null ? "RSA" : "EC";

    /// <summary>Returns <see langword="true"/> when the key may verify <paramref name="algorithm"/>; otherwise <see langword="false"/>.</summary>
    public bool Fits(string algorithm) => Curve == SignatureAlgorithm.CurveOf(algorithm) && (Algorithm ?? algorithm) == algorithm;

    /// <summary>Reads a key for signatures. Keys of other uses, types and sizes are left out of a set (RFC 7517 §5).</summary>
    public static bool TryRead(JsonElement jwk, [NotNullWhen(true)] out IssuerKey? key)
    {
        key = null;
        if (
            jwk.ValueKind != JsonValueKind.Object
            || Text(jwk, "kid") is not { Length: > 0 and <= MaxIdLength } id
            || Text(jwk, "use") is not (null or "sig")
            || !MayVerify(jwk)
        )
        {
            return false;
        }

        try
        {
            key = Text(jwk, "kty") switch
            {
                "RSA" => ReadRsa(jwk, id),
                "EC" => ReadCurve(jwk, id),
                _ => null,
            };
        }
        catch (Exception exception) when (exception is FormatException or CryptographicException)
        {
            // Not Base64url, or not a point of the curve: not a key.
        }

        return key is not null;
    }

    private static IssuerKey? ReadRsa(JsonElement jwk, string id)
    {
        if (Number(jwk, "n") is not { Length: >= MinRsaBytes and <= MaxRsaBytes } modulus || Number(jwk, "e") is not { Length: >= 1 and <= 4 } exponent)
        {
            return null;
        }

        var parameters = new RSAParameters { Modulus = modulus, Exponent = exponent };
        using var rsa = RSA.Create(parameters);
        return new IssuerKey(id, null, Text(jwk, "alg"), new RsaSecurityKey(parameters) { KeyId = id });
    }

    private static IssuerKey? ReadCurve(JsonElement jwk, string id)
    {
        ECCurve? curve = Text(jwk, "crv") switch
        {
            "P-256" => ECCurve.NamedCurves.nistP256,
            "P-384" => ECCurve.NamedCurves.nistP384,
            "P-521" => ECCurve.NamedCurves.nistP521,
            _ => null,
        };
        if (curve is not { } named || Bytes(jwk, "x") is not { } x || Bytes(jwk, "y") is not { } y)
        {
            return null;
        }

        var ecdsa = ECDsa.Create(new ECParameters { Curve = named, Q = new ECPoint { X = x, Y = y } });
        return new IssuerKey(id, Text(jwk, "crv"), Text(jwk, "alg"), new ECDsaSecurityKey(ecdsa) { KeyId = id });
    }

    private static bool MayVerify(JsonElement jwk) =>
        !jwk.TryGetProperty("key_ops", out var operations)
        || (operations.ValueKind == JsonValueKind.Array && operations.EnumerateArray().Any(IsVerify));

    private static bool IsVerify(JsonElement operation) => operation.ValueKind == JsonValueKind.String && operation.ValueEquals("verify");

    private static string? Text(JsonElement jwk, string member) =>
        jwk.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // Zeros in front would make a short number look long.
    private static byte[]? Number(JsonElement jwk, string member) =>
        Bytes(jwk, member) is { } bytes ? [.. bytes.SkipWhile(static value => value == 0)] : null;

    private static byte[]? Bytes(JsonElement jwk, string member) => Text(jwk, member) is { } text ? Base64UrlEncoder.DecodeBytes(text) : null;
}
