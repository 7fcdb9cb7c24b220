namespace Axvault.Api.Encryption;

/// <summary>A server of the fleet, as it has registered.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name, for people.</param>
/// <param name="KeyIds">The keys that it has.</param>
/// <param name="EncryptsWith">The one of them that it encrypts with.</param>
/// <param name="IsSilent">Whether nothing was heard of it for <see cref="FleetStore.Silence"/>.</param>
internal sealed record FleetMember(Guid Id, string Name, IReadOnlySet<KekId> KeyIds, KekId EncryptsWith, bool IsSilent);
