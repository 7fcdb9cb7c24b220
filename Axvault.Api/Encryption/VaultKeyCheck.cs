using System.Security.Cryptography;

namespace Axvault.Api.Encryption;

/// <summary>Checks that the configured keys belong to the vault. The checks read and write nothing.</summary>
internal static class VaultKeyCheck
{
    /// <summary>Checks that the vault's own rows are there when others are: a new salt or another key must not take the place of removed ones.</summary>
    /// <param name="hasDerivation"><see langword="true"/> when the derivation is there; otherwise <see langword="false"/>.</param>
    /// <param name="hasKeks"><see langword="true"/> when a KEK is registered; otherwise <see langword="false"/>.</param>
    /// <param name="remains">The kinds of rows that are there.</param>
    /// <exception cref="VaultKeyException">The vault's own rows are gone.</exception>
    public static void VerifyRemains(bool hasDerivation, bool hasKeks, IReadOnlyCollection<string> remains)
    {
        if ((hasDerivation && hasKeks) || (remains.Count == 0 && (hasDerivation || !hasKeks)))
        {
            return;
        }

        var gone = (hasDerivation, hasKeks) switch
        {
            (false, true) => "axvault.vault is empty",
            (true, false) => "axvault.kek is empty",
            _ => "axvault.vault and axvault.kek are empty",
        };
        throw new VaultKeyException(
            $"The rows of this vault's keys are gone: {gone}, and there are {string.Join(", ", remains.DefaultIfEmpty("keys"))}. "
                + "Nothing was written. Restore the table from a backup, or use an empty database."
        );
    }

    /// <summary>
    /// Checks that <paramref name="ring"/> has a KEK that the vault knows, with the same check value, and every KEK that encrypts data.
    /// </summary>
    /// <param name="ring">The configured keys.</param>
    /// <param name="known">The check values of the KEKs that the vault was ever opened with; empty for a new vault.</param>
    /// <param name="inUse">The number of rows under each KEK.</param>
    /// <exception cref="VaultKeyException">A KEK is missing or wrong.</exception>
    public static void Verify(KeyRing ring, IReadOnlyDictionary<KekId, byte[]> known, IReadOnlyDictionary<KekId, long> inUse)
    {
        if (known.Count > 0 && !known.Keys.Any(id => ring.TryFind(id, out _)))
        {
            throw new VaultKeyException(
                "AXVAULT_ENCRYPTION_KEY is not the key of this vault. Set the key that it was created with. "
                    + "After a rotation, older keys belong in AXVAULT_ENCRYPTION_KEY_PREVIOUS."
            );
        }

        VerifyCheckValues(ring, known);
        var missing = inUse.Where(use => !ring.TryFind(use.Key, out _)).ToList();
        if (missing.Count > 0)
        {
            var ids = string.Join(", ", missing.Select(static use => use.Key));
            throw new VaultKeyException(
                $"{missing.Sum(static use => use.Value)} credentials or API keys are encrypted under keys that are not configured ({ids}). "
                    + "Add the older keys to AXVAULT_ENCRYPTION_KEY_PREVIOUS."
            );
        }
    }

    /// <summary>Checks that <paramref name="ring"/> opens the keys of the audit log. Without them its history cannot be verified.</summary>
    /// <param name="ring">The configured keys.</param>
    /// <param name="known">The KEKs that the vault was opened with. The chain key of each is derived from it until a rotation has stored it.</param>
    /// <param name="kept">The stored chain keys, each with the KEK that wraps it. A chain key may be wrapped by several KEKs.</param>
    /// <exception cref="VaultKeyException">A KEK is missing.</exception>
    public static void VerifyAuditKeys(KeyRing ring, IEnumerable<KekId> known, IReadOnlyCollection<(KekId Id, KekId WrappedBy)> kept)
    {
        var missing = kept.GroupBy(static key => key.Id, static key => key.WrappedBy)
            .Where(key => !ring.TryFind(key.Key, out _) && !key.Any(wrapper => ring.TryFind(wrapper, out _)))
            .SelectMany(static key => key)
            .Concat(known.Where(kek => !ring.TryFind(kek, out _) && !kept.Any(key => key.Id == kek)))
            .Distinct()
            .ToList();
        if (missing.Count > 0)
        {
            throw new VaultKeyException(
                $"Keys of the audit log need keys that are not configured ({string.Join(", ", missing)}). "
                    + "Add the older keys to AXVAULT_ENCRYPTION_KEY_PREVIOUS until the rotation has ended: axvault rotate-status."
            );
        }
    }

    /// <summary>Checks that <paramref name="ring"/> has the KEKs that the running servers encrypt with.</summary>
    /// <param name="ring">The configured keys.</param>
    /// <param name="others">The other servers.</param>
    /// <exception cref="VaultKeyException">A KEK is missing.</exception>
    public static void VerifyFleet(KeyRing ring, IEnumerable<FleetMember> others)
    {
        if (others.FirstOrDefault(other => !other.IsSilent && !ring.TryFind(other.EncryptsWith, out _)) is { } ahead)
        {
            throw new VaultKeyException(
                $"The server {ahead.Name} encrypts with a key that is not configured here ({ahead.EncryptsWith}). "
                    + "Set it as AXVAULT_ENCRYPTION_KEY, or add it to AXVAULT_ENCRYPTION_KEY_PREVIOUS."
            );
        }
    }

    private static void VerifyCheckValues(KeyRing ring, IReadOnlyDictionary<KekId, byte[]> known)
    {
        foreach (var (id, checkValue) in known)
        {
            if (ring.TryFind(id, out var key) && !CryptographicOperations.FixedTimeEquals(key.CheckValue, checkValue))
            {
                throw new VaultKeyException(
                    $"The stored check value of key {id} does not belong to it: the table axvault.kek was changed by hand, is damaged, "
                        + "or belongs to another version of the server."
                );
            }
        }
    }
}
