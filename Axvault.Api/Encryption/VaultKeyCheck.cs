using System.Security.Cryptography;

namespace Axvault.Api.Encryption;

/// <summary>Whether the configured keys are those of this vault. Pure.</summary>
internal static class VaultKeyCheck
{
    /// <summary>Checks <paramref name="ring"/>: it must have a key that the vault knows, each with the same check value, and every key that data is encrypted under.</summary>
    /// <param name="ring">The configured keys.</param>
    /// <param name="known">The check values of the keys that the vault was ever opened with; empty for a new vault.</param>
    /// <param name="inUse">The number of credentials under each key.</param>
    /// <exception cref="VaultKeyException">It has not.</exception>
    public static void Verify(KeyRing ring, IReadOnlyDictionary<KekId, byte[]> known, IReadOnlyDictionary<KekId, long> inUse)
    {
        if (known.Count > 0 && !known.Keys.Any(id => ring.TryFind(id, out _)))
        {
            throw new VaultKeyException(
                "AXVAULT_ENCRYPTION_KEY is not the key of this vault. Set the key that it was created with; after a rotation, older keys belong in AXVAULT_ENCRYPTION_KEY_PREVIOUS.");
        }

        foreach (var (id, checkValue) in known)
        {
            if (ring.TryFind(id, out var key) && !CryptographicOperations.FixedTimeEquals(key.CheckValue, checkValue))
            {
                throw new VaultKeyException($"The stored check value of key {id} does not belong to it: the table axvault.vault_key was changed by hand, or is damaged.");
            }
        }

        var missing = inUse.Where(use => !ring.TryFind(use.Key, out _)).ToList();
        if (missing.Count > 0)
        {
            throw new VaultKeyException(
                $"{missing.Sum(static use => use.Value)} credentials are encrypted under keys that are not configured ({string.Join(", ", missing.Select(static use => use.Key))}). "
                + "Add the older keys to AXVAULT_ENCRYPTION_KEY_PREVIOUS.");
        }
    }
}
