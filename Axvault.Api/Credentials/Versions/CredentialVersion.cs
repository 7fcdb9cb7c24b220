namespace Axvault.Api.Credentials.Versions;

/// <summary>A state of a credential that was replaced, as it is kept.</summary>
/// <param name="Id">The id of the row that it was current in, which its envelope is bound to.</param>
/// <param name="Metadata">What is in plain columns.</param>
/// <param name="CurrentSince">When it became current.</param>
/// <param name="ReplacedAt">When it was replaced or deleted.</param>
/// <param name="DeletedAt">When the credential was deleted, since when it counts towards the retention.</param>
internal sealed record CredentialVersion(Guid Id, CredentialMetadata Metadata, DateTimeOffset CurrentSince, DateTimeOffset ReplacedAt, DateTimeOffset? DeletedAt);
