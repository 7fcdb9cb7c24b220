using Axvault.Api.Authorization;

namespace Axvault.Api.Keys;

/// <summary>What to change of a key; what is <see langword="null"/> stays.</summary>
internal sealed record KeyPatch(string? Name, AccessList? Read, AccessList? Write, AccessList? Grant)
{
    /// <summary>Whether the key's expiry becomes <see cref="ExpiresAt"/>.</summary>
    public bool ChangesExpiry { get; init; }

    /// <summary>The new expiry; <see langword="null"/> for none.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Where clients may be.</summary>
    public ClientNetworks? Networks { get; init; }

    /// <summary>The scope that <paramref name="current"/> becomes.</summary>
    public AccessScope Apply(AccessScope current)
    {
        ArgumentNullException.ThrowIfNull(current);

        return new AccessScope(Read ?? current.Read, Write ?? current.Write, Grant ?? current.Grant)
        {
            Limits = new KeyLimits(ChangesExpiry ? ExpiresAt : current.Limits.ExpiresAt, Networks ?? current.Limits.Networks),
        };
    }
}
