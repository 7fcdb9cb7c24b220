namespace Axvault.Api.Encryption;

/// <summary>A server of the fleet, as registered.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name, for people.</param>
/// <param name="KekIds">The KEKs that it has.</param>
/// <param name="EncryptsWith">The KEK that it encrypts with.</param>
/// <param name="IsSilent"><see langword="true"/> when it gave no sign of life for <see cref="FleetStore.Silence"/>; otherwise <see langword="false"/>.</param>
internal sealed record FleetMember(Guid Id, string Name, IReadOnlySet<KekId> KekIds, KekId EncryptsWith, bool IsSilent);
