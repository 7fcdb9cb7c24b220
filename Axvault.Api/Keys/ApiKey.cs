using System.Net;
using Axvault.Api.Authorization;

namespace Axvault.Api.Keys;

/// <summary>An API key as stored, without its secrets or their hashes.</summary>
internal sealed record ApiKey(
    KeyId Id,
    string Name,
    AccessScope Scope,
    KeySecrets Secrets,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? LastUsedAt
)
{
    /// <summary>The origin of an issued key; <see langword="null"/> for a key that a person made.</summary>
    public IssuedBy? IssuedBy { get; init; }

    /// <summary>The name of the key in the audit log; that of an issued key has its rule and its subject.</summary>
    public string Title => IssuedBy is null ? Name : $"{IssuedBy.Rule}: {IssuedBy.Subject}";

    /// <summary>Returns the verdict on a request that uses the key.</summary>
    /// <param name="secretVersion">The number of the secret in the request.</param>
    /// <param name="address">The client's address.</param>
    /// <param name="now">The time.</param>
    public KeyVerdict Judge(int secretVersion, IPAddress? address, DateTimeOffset now) =>
        !Secrets.Take(secretVersion, now) ? KeyVerdict.SecretStopped
        : Scope.Limits.HaveExpired(now) ? KeyVerdict.Expired
        : !Scope.Limits.Networks.Covers(address) ? KeyVerdict.Elsewhere
        : KeyVerdict.Allowed;
}

/// <summary>The secrets of a key: the present one and the previous one.</summary>
/// <param name="Version">The number of the present secret: 1, and one more for each rotation.</param>
/// <param name="Previous">The previous secret; <see langword="null"/> when there is none.</param>
internal sealed record KeySecrets(int Version, PreviousSecret? Previous)
{
    /// <summary>
    /// Returns <see langword="true"/> when the secret number <paramref name="version"/> is valid at <paramref name="now"/>; otherwise
    /// <see langword="false"/>.
    /// </summary>
    public bool Take(int version, DateTimeOffset now) => version == Version || (version == Version - 1 && now < Previous?.ExpiresAt);
}

/// <summary>The secret of a key before its last rotation.</summary>
/// <param name="ExpiresAt">The time until which it is valid; <see langword="null"/> when it stopped at once.</param>
/// <param name="LastUsedAt">The time of its last use since the rotation.</param>
internal sealed record PreviousSecret(DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt);
