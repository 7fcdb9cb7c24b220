using Microsoft.IdentityModel.Tokens;

namespace Axvault.Api.Federation.KeySets;

/// <summary>The signature algorithms of tokens (RFC 7518 §3.1): public keys only. The library has no EdDSA.</summary>
internal static class SignatureAlgorithm
{
    /// <summary>Every algorithm, in the order of the documentation.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        SecurityAlgorithms.RsaSha256,
        SecurityAlgorithms.RsaSha384,
        SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256,
        SecurityAlgorithms.RsaSsaPssSha384,
        SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256,
        SecurityAlgorithms.EcdsaSha384,
        SecurityAlgorithms.EcdsaSha512,
    ];

    /// <summary>Returns the curve of the keys of <paramref name="algorithm"/>; <see langword="null"/> when they are RSA keys.</summary>
    public static string? CurveOf(string algorithm) =>
        algorithm switch
        {
            SecurityAlgorithms.EcdsaSha256 => "P-256",
            SecurityAlgorithms.EcdsaSha384 => "P-384",
            SecurityAlgorithms.EcdsaSha512 => "P-521",
            _ => null,
        };
}
