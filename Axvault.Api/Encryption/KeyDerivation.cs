using System.Security.Cryptography;

namespace Axvault.Api.Encryption;

/// <summary>The derivation of a vault's keys from the configured secrets: PBKDF2 with HMAC-SHA-256 (RFC 8018 §5.2, NIST SP 800-132).</summary>
/// <param name="Salt">The vault's own random salt.</param>
/// <param name="Iterations">The iteration count, which makes guessing a passphrase slow.</param>
internal sealed record KeyDerivation(byte[] Salt, int Iterations)
{
    /// <summary>The name of the function, as stored.</summary>
    public const string Function = "pbkdf2-hmac-sha256";

    // The count that OWASP's password storage cheat sheet recommends for PBKDF2-HMAC-SHA256.
    private const int DefaultIterations = 600_000;
    private const int SaltSize = 32;
    private const int KeySize = 32;

    /// <summary>Creates the derivation of a new vault, with a fresh salt.</summary>
    public static KeyDerivation Create() => new(RandomNumberGenerator.GetBytes(SaltSize), DefaultIterations);

    /// <summary>Derives the KEK of <paramref name="secret"/>. This takes a fraction of a second of processor time, on purpose.</summary>
    public KeyEncryptionKey Derive(ReadOnlySpan<byte> secret)
    {
        Span<byte> master = stackalloc byte[KeySize];
        try
        {
            Rfc2898DeriveBytes.Pbkdf2(secret, Salt, master, Iterations, HashAlgorithmName.SHA256);
            return KeyEncryptionKey.FromMaster(master);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(master);
        }
    }
}
