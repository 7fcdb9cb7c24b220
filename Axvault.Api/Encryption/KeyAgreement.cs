namespace Axvault.Api.Encryption;

/// <summary>Which key a server encrypts with: never one that another server of the fleet lacks, as long as there is a choice. Pure.</summary>
internal static class KeyAgreement
{
    /// <summary>
    /// Chooses the configured key when every other server has it; else the newest of the vault's keys that all of them have. Where there is none, nothing
    /// is gained by another key than the configured one.
    /// </summary>
    /// <param name="ring">The keys of this server.</param>
    /// <param name="others">The other servers.</param>
    /// <param name="newestFirst">The keys that the vault was encrypted with.</param>
    public static KekId Choose(KeyRing ring, IReadOnlyCollection<FleetMember> others, IEnumerable<KekId> newestFirst)
    {
        ArgumentNullException.ThrowIfNull(ring);

        return newestFirst
            .Prepend(ring.Configured.Id)
            .Where(id => ring.TryFind(id, out _) && others.All(other => other.KeyIds.Contains(id)))
            .Append(ring.Configured.Id)
            .First();
    }

    /// <summary>Whether the whole fleet encrypts with the key that this server is configured with: what is under other keys can be moved to it.</summary>
    public static bool IsSettled(KeyRing ring, IEnumerable<FleetMember> others)
    {
        ArgumentNullException.ThrowIfNull(ring);

        return ring.Current == ring.Configured && others.All(other => other.EncryptsWith == ring.Current.Id);
    }
}
