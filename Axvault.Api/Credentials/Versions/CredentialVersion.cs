using Axvault.Api.Stored;

namespace Axvault.Api.Credentials.Versions;

/// <summary>A kept version of a credential.</summary>
/// <param name="Id">The id of the row in which it was current. Its envelope is bound to it.</param>
/// <param name="Metadata">The plain columns.</param>
/// <param name="CurrentSince">The time at which it became current.</param>
/// <param name="ReplacedAt">The time at which it was replaced or deleted.</param>
/// <param name="DeletedAt">The time of the credential's deletion, from which the retention counts.</param>
/// <param name="PurgeAt">The time from which a version of a deleted credential is removed for good.</param>
internal sealed record CredentialVersion(
    Guid Id,
    CredentialMetadata Metadata,
    DateTimeOffset CurrentSince,
    DateTimeOffset ReplacedAt,
    DateTimeOffset? DeletedAt,
    DateTimeOffset? PurgeAt
);
