using Axvault.Api.Authorization;
using Axvault.Api.Refresh;

namespace Axvault.Api.Credentials;

/// <summary>What is known of a credential without opening it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Attributes">What its owner said of it.</param>
/// <param name="CreatedAt">When it was first put.</param>
/// <param name="UpdatedAt">When it was last put, or refreshed.</param>
/// <param name="Refresh">What the fleet remembers of its refreshes.</param>
internal sealed record CredentialMetadata(
    CredentialName Name, CredentialAttributes Attributes, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, RefreshState Refresh);

/// <summary>What the owner of a credential says of it.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Agent">The agent that it is for, such as <c>claude</c> or <c>codex</c>.</param>
/// <param name="Provider">The provider that issued it.</param>
/// <param name="ExpiresAt">When its access token expires.</param>
/// <param name="DisplayName">A name for people.</param>
/// <param name="Notes">Anything else.</param>
internal sealed record CredentialAttributes(CredentialType Type, string? Agent, string? Provider, DateTimeOffset? ExpiresAt, string? DisplayName, string? Notes);
