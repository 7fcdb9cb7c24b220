namespace Axvault.Api.Authorization;

/// <summary>The limits of a key: its expiry, its networks, and its use of the broker.</summary>
/// <param name="ExpiresAt">The expiry; <see langword="null"/> for never.</param>
/// <param name="Networks">The networks of its clients.</param>
internal sealed record KeyLimits(DateTimeOffset? ExpiresAt, ClientNetworks Networks)
{
    /// <summary>No limits.</summary>
    public static readonly KeyLimits None = new(null, ClientNetworks.Any);

    /// <summary>The greatest number of calls through the broker in a minute; <see langword="null"/> for any.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>The greatest number of tokens that calls through the broker use in a day (UTC); <see langword="null"/> for any.</summary>
    public long? TokensPerDay { get; init; }

    /// <summary><see langword="true"/> when the key has no expiry and no networks; otherwise <see langword="false"/>.</summary>
    public bool AreNone => ExpiresAt is null && Networks.IsAny;

    /// <summary>Returns <see langword="true"/> when the key has expired at <paramref name="now"/>; otherwise <see langword="false"/>.</summary>
    public bool HaveExpired(DateTimeOffset now) => ExpiresAt <= now;

    /// <summary>
    /// Returns <see langword="true"/> when <paramref name="other"/> ends no later, allows no further network, and uses no more; otherwise
    /// <see langword="false"/>.
    /// </summary>
    public bool Contain(KeyLimits other)
    {
        return (ExpiresAt is null || other.ExpiresAt <= ExpiresAt)
            && Networks.Contains(other.Networks)
            && (RequestsPerMinute is null || other.RequestsPerMinute <= RequestsPerMinute)
            && (TokensPerDay is null || other.TokensPerDay <= TokensPerDay);
    }
}
