using Axvault.Api.Authorization;

namespace Axvault.Api.Keys;

/// <summary>A change of a key. A member that is <see langword="null"/> stays.</summary>
internal sealed record KeyPatch(string? Name, AccessList? Read, AccessList? Write, AccessList? Grant)
{
    /// <summary><see langword="true"/> when the expiry becomes <see cref="ExpiresAt"/>; otherwise <see langword="false"/>.</summary>
    public bool ChangesExpiry { get; init; }

    /// <summary>The new expiry; <see langword="null"/> for none.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The new networks.</summary>
    public ClientNetworks? Networks { get; init; }

    /// <summary>The new list of names to use.</summary>
    public AccessList? Use { get; init; }

    /// <summary>The new limit of calls; 0 for none.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>The new limit of tokens; 0 for none.</summary>
    public long? TokensPerDay { get; init; }

    /// <summary>Returns <paramref name="current"/> after the change.</summary>
    public AccessScope Apply(AccessScope current)
    {
        return new AccessScope(Read ?? current.Read, Write ?? current.Write, Grant ?? current.Grant)
        {
            Use = Use ?? current.Use,
            Limits = new KeyLimits(ChangesExpiry ? ExpiresAt : current.Limits.ExpiresAt, Networks ?? current.Limits.Networks)
            {
                RequestsPerMinute = RequestsPerMinute is { } calls ? UseLimitFields.OrNone(calls) : current.Limits.RequestsPerMinute,
                TokensPerDay = TokensPerDay is { } tokens ? UseLimitFields.OrNone(tokens) : current.Limits.TokensPerDay,
            },
        };
    }
}
