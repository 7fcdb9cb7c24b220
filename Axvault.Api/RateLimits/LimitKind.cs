namespace Axvault.Api.RateLimits;

/// <summary>What there was too much of.</summary>
internal enum LimitKind
{
    /// <summary>Requests with a key.</summary>
    Key,

    /// <summary>Requests from an address.</summary>
    Address,

    /// <summary>Failed authentications from an address.</summary>
    Authentication,
}

/// <summary>The names of kinds, and what is said of them.</summary>
internal static class LimitKinds
{
    /// <summary>The name of <paramref name="kind"/> in telemetry.</summary>
    public static string Name(this LimitKind kind) => kind switch
    {
        LimitKind.Key => "key",
        LimitKind.Address => "address",
        _ => "authentication",
    };

    /// <summary>What the audit log says.</summary>
    public static string Reason(this LimitKind kind) => kind switch
    {
        LimitKind.Key => "too many requests with the key",
        LimitKind.Address => "too many requests from the address",
        _ => "too many failed authentications from the address",
    };
}
