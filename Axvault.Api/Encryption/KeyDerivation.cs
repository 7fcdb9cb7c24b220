using System.Globalization;
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

    // The least that is accepted from the database. Anyone who can write there can write the row, and a smaller count would make the key guessable.
    private const int MinIterations = DefaultIterations;
    private const int MaxIterations = 100_000_000;
    private const int MinSaltSize = 16;
    private const int KeySize = 32;

    /// <summary>Creates the derivation of a new vault, with a fresh salt.</summary>
    public static KeyDerivation Create() => new(RandomNumberGenerator.GetBytes(SaltSize), DefaultIterations);

    /// <summary>Returns the derivation that is stored.</summary>
    /// <param name="function">The name of the function.</param>
    /// <param name="salt">The salt.</param>
    /// <param name="iterations">The iteration count.</param>
    /// <exception cref="VaultKeyException">The stored row is weaker than this server accepts, or unknown.</exception>
    public static KeyDerivation Read(string function, byte[] salt, int iterations) =>
        function == Function && salt.Length >= MinSaltSize && iterations is >= MinIterations and <= MaxIterations
            ? new(salt, iterations)
            : throw new VaultKeyException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The table axvault.vault was changed by hand, or is damaged: expected {Function} with {MinIterations} to {MaxIterations} iterations and a "
                )
                    + $"salt of at least {MinSaltSize} bytes. No key was derived. Restore the table from a backup."
            );

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
