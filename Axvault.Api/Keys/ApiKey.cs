using System.Net;
using Axvault.Api.Authorization;

namespace Axvault.Api.Keys;

/// <summary>An API key as it is stored, without its secrets or the hashes of them.</summary>
internal sealed record ApiKey(
    KeyId Id, string Name, AccessScope Scope, KeySecrets Secrets, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, DateTimeOffset? LastUsedAt)
{
    /// <summary>Whether a request may use the key.</summary>
    /// <param name="secretVersion">Which of its secrets the request came with.</param>
    /// <param name="address">Where it came from.</param>
    /// <param name="now">The time.</param>
    public KeyVerdict Judge(int secretVersion, IPAddress? address, DateTimeOffset now) =>
        !Secrets.Take(secretVersion, now) ? KeyVerdict.SecretStopped
        : Scope.Limits.HaveExpired(now) ? KeyVerdict.Expired
        : !Scope.Limits.Networks.Covers(address) ? KeyVerdict.Elsewhere
        : KeyVerdict.Allowed;
}

/// <summary>The secrets of a key: the one that it has, and the one before it.</summary>
/// <param name="Version">The number of the secret that it has: 1, and one more for each rotation.</param>
/// <param name="Previous">The secret before; <see langword="null"/> when there is none.</param>
internal sealed record KeySecrets(int Version, PreviousSecret? Previous)
{
    /// <summary>Whether the secret with the number <paramref name="version"/> is taken at <paramref name="now"/>.</summary>
    public bool Take(int version, DateTimeOffset now) => version == Version || (version == Version - 1 && now < Previous?.ExpiresAt);
}

/// <summary>The secret that a key had before it was rotated.</summary>
/// <param name="ExpiresAt">Until when it is taken; <see langword="null"/> when it was stopped at once.</param>
/// <param name="LastUsedAt">When it was last used since.</param>
internal sealed record PreviousSecret(DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt);
