using Axvault.Api.Encryption;

namespace Axvault.Api.Fleet;

/// <summary>A server of the fleet.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name, for people.</param>
internal sealed record ListedServer(Guid Id, string Name)
{
    /// <summary>The version; <see langword="null"/> for servers of versions that do not tell it.</summary>
    public string? Version { get; init; }

    /// <summary>The time since which it has reported without a gap.</summary>
    public required DateTimeOffset PresentSince { get; init; }

    /// <summary>The time of its last report.</summary>
    public required DateTimeOffset SeenAt { get; init; }

    /// <summary><see langword="true"/> when it gave no sign of life for <see cref="FleetStore.Silence"/>; otherwise <see langword="false"/>.</summary>
    public required bool IsSilent { get; init; }

    /// <summary>The KEK that it encrypts with.</summary>
    public required KekId EncryptsWith { get; init; }

    /// <summary>The number of its open lanes of the audit log.</summary>
    public required long Lanes { get; init; }
}
