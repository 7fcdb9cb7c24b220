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
    /// <summary>Checks that <paramref name="ring"/> opens the keys of the audit log: without them its history could not be verified any more.</summary>
    /// <param name="ring">The configured keys.</param>
    /// <param name="kept">The keys that are kept, each as often as it is wrapped, and what it is wrapped by.</param>
    /// <exception cref="VaultKeyException">It does not.</exception>
    public static void VerifyAuditKeys(KeyRing ring, IEnumerable<(KekId Id, KekId WrappedBy)> kept)
    {
        var closed = kept.GroupBy(static key => key.Id, static key => key.WrappedBy)
            .Where(key => !ring.TryFind(key.Key, out _) && !key.Any(wrapper => ring.TryFind(wrapper, out _)))
            .SelectMany(static key => key)
            .Distinct()
            .ToList();
        if (closed.Count > 0)
        {
            throw new VaultKeyException(
                $"Keys of the audit log are encrypted under keys that are not configured ({string.Join(", ", closed)}). Add the older keys to AXVAULT_ENCRYPTION_KEY_PREVIOUS.");
        }
    }

    /// <summary>Checks that <paramref name="ring"/> has what the servers that run encrypt with.</summary>
    /// <param name="ring">The configured keys.</param>
    /// <param name="others">The other servers.</param>
    /// <exception cref="VaultKeyException">It has not.</exception>
    public static void VerifyFleet(KeyRing ring, IEnumerable<FleetMember> others)
    {
        ArgumentNullException.ThrowIfNull(others);

        if (others.FirstOrDefault(other => !other.IsSilent && !ring.TryFind(other.EncryptsWith, out _)) is { } ahead)
        {
            throw new VaultKeyException(
                $"The server {ahead.Name} encrypts with a key that is not configured here ({ahead.EncryptsWith}). Set it as AXVAULT_ENCRYPTION_KEY, or add it to AXVAULT_ENCRYPTION_KEY_PREVIOUS.");
        }
    }
}
