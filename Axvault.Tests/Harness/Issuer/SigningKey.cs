using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Axvault.Tests.Harness.Issuer;

/// <summary>A key pair of an issuer. It signs anything, so that tests can make tokens that no issuer would.</summary>
public sealed class SigningKey : IDisposable
{
    private readonly RSA? _rsa;
    private readonly ECDsa? _ecdsa;

    private SigningKey(string id, string algorithm, RSA? rsa, ECDsa? ecdsa) => (Id, Algorithm, _rsa, _ecdsa) = (id, algorithm, rsa, ecdsa);

    /// <summary>The key id.</summary>
    public string Id { get; }

    /// <summary>The algorithm of its tokens.</summary>
    public string Algorithm { get; }

    /// <summary>Makes a key of P-256, or of the curve of <paramref name="algorithm"/>.</summary>
    public static SigningKey Ec(string id = "ec-1", string algorithm = "ES256") =>
        new(
            id,
            algorithm,
            null,
            ECDsa.Create(
                algorithm switch
                {
                    "ES384" => ECCurve.NamedCurves.nistP384,
                    "ES512" => ECCurve.NamedCurves.nistP521,
                    _ => ECCurve.NamedCurves.nistP256,
                }
            )
        );

    /// <summary>Makes an RSA key.</summary>
    public static SigningKey Rsa(string id = "rsa-1", string algorithm = "RS256", int bits = 2048) => new(id, algorithm, RSA.Create(bits), null);

    /// <summary>Returns the public key (RFC 7517).</summary>
    public JsonObject ToJwk()
    {
        if (_rsa is not null)
        {
            var rsa = _rsa.ExportParameters(false);
            return new JsonObject
            {
                ["kty"] = "RSA",
                ["kid"] = Id,
                ["use"] = "sig",
                ["n"] = Encode(rsa.Modulus!),
                ["e"] = Encode(rsa.Exponent!),
            };
        }

        var ec = _ecdsa!.ExportParameters(false);
        return new JsonObject
        {
            ["kty"] = "EC",
            ["kid"] = Id,
            ["use"] = "sig",
            ["crv"] = Algorithm switch
            {
                "ES384" => "P-384",
                "ES512" => "P-521",
                _ => "P-256",
            },
            ["x"] = Encode(ec.Q.X!),
            ["y"] = Encode(ec.Q.Y!),
        };
    }

    /// <summary>Returns the key set with this key alone.</summary>
    public JsonObject ToJwks() => new() { ["keys"] = new JsonArray(ToJwk()) };

    /// <summary>Returns the public key in PEM, which algorithm confusion takes for the secret of an HMAC.</summary>
    public byte[] PublicPem() => Encoding.ASCII.GetBytes(_rsa?.ExportSubjectPublicKeyInfoPem() ?? _ecdsa!.ExportSubjectPublicKeyInfoPem());

    /// <summary>Signs a token.</summary>
    /// <param name="claims">Its claims.</param>
    /// <param name="header">Further members of its header, which replace the usual ones; <see langword="null"/> as a value removes one.</param>
    public string Sign(JsonObject claims, JsonObject? header = null) => Sign(claims.ToJsonString(), header);

    /// <summary>Signs a token with <paramref name="claims"/> exactly as given.</summary>
    public string Sign(string claims, JsonObject? header = null)
    {
        var all = new JsonObject { ["alg"] = Algorithm, ["typ"] = "JWT", ["kid"] = Id };
        foreach (var (name, value) in header ?? [])
        {
            all[name] = value?.DeepClone();
        }

        foreach (var name in all.Where(static member => member.Value is null).Select(static member => member.Key).ToList())
        {
            all.Remove(name);
        }

        return Sign(all.ToJsonString(), claims);
    }

    /// <summary>Signs a token with <paramref name="header"/> and <paramref name="claims"/> exactly as given.</summary>
    public string Sign(string header, string claims)
    {
        var text = $"{Encode(Encoding.UTF8.GetBytes(header))}.{Encode(Encoding.UTF8.GetBytes(claims))}";
        return $"{text}.{Encode(SignBytes(Encoding.ASCII.GetBytes(text)))}";
    }

    /// <summary>Returns <paramref name="bytes"/> in Base64url.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    /// <inheritdoc />
    public void Dispose()
    {
        _rsa?.Dispose();
        _ecdsa?.Dispose();
    }

    private byte[] SignBytes(byte[] bytes)
    {
        var hash = Algorithm[2..] switch
        {
            "384" => HashAlgorithmName.SHA384,
            "512" => HashAlgorithmName.SHA512,
            _ => HashAlgorithmName.SHA256,
        };
        return _ecdsa?.SignData(bytes, hash)
            ?? _rsa!.SignData(bytes, hash, Algorithm.StartsWith("PS", StringComparison.Ordinal) ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
    }
}
