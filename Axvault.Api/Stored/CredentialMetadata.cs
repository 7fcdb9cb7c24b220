using Axvault.Api.Authorization;
using Axvault.Api.Encryption;

namespace Axvault.Api.Stored;

/// <summary>The facts about a credential that are known without decrypting it.</summary>
/// <param name="Name">The credential's name.</param>
/// <param name="Attributes">The attributes set by the owner.</param>
/// <param name="CreatedAt">The time of the first put.</param>
/// <param name="UpdatedAt">The time of the last put or refresh.</param>
/// <param name="Refresh">The state of its refreshes, shared by the fleet.</param>
internal sealed record CredentialMetadata(
    CredentialName Name,
    CredentialAttributes Attributes,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    RefreshState Refresh
);

/// <summary>The attributes of a credential, set by its owner.</summary>
/// <param name="Type">The type.</param>
/// <param name="Agent">The agent that uses it, such as <c>claude</c> or <c>codex</c>.</param>
/// <param name="Provider">The provider that issued it.</param>
/// <param name="ExpiresAt">The time at which the access token expires.</param>
/// <param name="DisplayName">A name for people.</param>
/// <param name="Notes">Free text.</param>
internal sealed record CredentialAttributes(
    CredentialType Type,
    string? Agent,
    string? Provider,
    DateTimeOffset? ExpiresAt,
    string? DisplayName,
    string? Notes
)
{
    /// <summary>Returns what the envelope of <paramref name="revision"/> is bound to.</summary>
    public EnvelopeSubject SubjectAt(long revision) => new(Type.Value, Agent, Provider, ExpiresAt, revision);
}
