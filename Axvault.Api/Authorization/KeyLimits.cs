namespace Axvault.Api.Authorization;

/// <summary>Until when and from where a key may be used.</summary>
/// <param name="ExpiresAt">From when on it may not be used any more; <see langword="null"/> for never.</param>
/// <param name="Networks">Where its clients may be.</param>
internal sealed record KeyLimits(DateTimeOffset? ExpiresAt, ClientNetworks Networks)
{
    /// <summary>For ever, and from anywhere.</summary>
    public static readonly KeyLimits None = new(null, ClientNetworks.Any);

    /// <summary>Whether the key may be used for ever, and from anywhere.</summary>
    public bool AreNone => ExpiresAt is null && Networks.IsAny;

    /// <summary>Whether the key may not be used any more at <paramref name="now"/>.</summary>
    public bool HaveExpired(DateTimeOffset now) => ExpiresAt <= now;

    /// <summary>Whether a key with <paramref name="other"/> may be used no longer than one with these, and from nowhere else.</summary>
    public bool Contain(KeyLimits other)
    {
        ArgumentNullException.ThrowIfNull(other);

        return (ExpiresAt is null || other.ExpiresAt <= ExpiresAt) && Networks.Contains(other.Networks);
    }
}
