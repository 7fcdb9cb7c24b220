using Axvault.Api.Authorization;

namespace Axvault.Api.Keys;

/// <summary>An API key as it is stored, without its secret or the hash of it.</summary>
internal sealed record ApiKey(KeyId Id, string Name, AccessScope Scope, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, DateTimeOffset? LastUsedAt);
