namespace Axvault.Api.Authorization;

/// <summary>The expiry and the networks of a key.</summary>
/// <param name="ExpiresAt">The expiry; <see langword="null"/> for never.</param>
/// <param name="Networks">The networks of its clients.</param>
internal sealed record KeyLimits(DateTimeOffset? ExpiresAt, ClientNetworks Networks)
{
    /// <summary>No limits.</summary>
    public static readonly KeyLimits None = new(null, ClientNetworks.Any);

    /// <summary><see langword="true"/> when the key has no expiry and no networks; otherwise <see langword="false"/>.</summary>
    public bool AreNone => ExpiresAt is null && Networks.IsAny;

    /// <summary>Returns <see langword="true"/> when the key has expired at <paramref name="now"/>; otherwise <see langword="false"/>.</summary>
    public bool HaveExpired(DateTimeOffset now) => ExpiresAt <= now;

    /// <summary>
    /// Returns <see langword="true"/> when <paramref name="other"/> ends no later and allows no further network; otherwise <see langword="false"/>.
    /// </summary>
    public bool Contain(KeyLimits other)
    {
        return (ExpiresAt is null || other.ExpiresAt <= ExpiresAt) && Networks.Contains(other.Networks);
    }
}
