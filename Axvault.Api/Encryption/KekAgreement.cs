namespace Axvault.Api.Encryption;

/// <summary>The choice of the KEK that a server encrypts with: if possible, one that every server of the fleet has. Pure.</summary>
internal static class KekAgreement
{
    /// <summary>
    /// Returns the configured KEK when every other server has it, else the newest KEK of the vault that all of them have. Without such a KEK it returns the
    /// configured one: no other would be better.
    /// </summary>
    /// <param name="ring">The keys of this server.</param>
    /// <param name="others">The other servers.</param>
    /// <param name="newestFirst">The KEKs that the vault was encrypted with, the newest first.</param>
    public static KekId Choose(KeyRing ring, IReadOnlyCollection<FleetMember> others, IEnumerable<KekId> newestFirst)
    {
        return newestFirst
            .Prepend(ring.Configured.Id)
            .Where(id => ring.TryFind(id, out _) && others.All(other => other.KekIds.Contains(id)))
            .Append(ring.Configured.Id)
            .First();
    }

    /// <summary>
    /// Returns <see langword="true"/> when the whole fleet encrypts with the configured KEK, so rows can be moved to it; otherwise <see langword="false"/>.
    /// </summary>
    public static bool IsSettled(KeyRing ring, IEnumerable<FleetMember> others)
    {
        return ring.Current == ring.Configured && others.All(other => other.EncryptsWith == ring.Current.Id);
    }
}
