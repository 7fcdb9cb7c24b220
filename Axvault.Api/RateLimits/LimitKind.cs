namespace Axvault.Api.RateLimits;

/// <summary>The kinds of limits.</summary>
internal enum LimitKind
{
    /// <summary>Requests with a key.</summary>
    Key,

    /// <summary>Requests from an address.</summary>
    Address,

    /// <summary>Failed authentications from an address.</summary>
    Authentication,
}

/// <summary>The names and reasons of the kinds.</summary>
internal static class LimitKinds
{
    /// <summary>Returns the name of <paramref name="kind"/> in telemetry.</summary>
    public static string Name(this LimitKind kind) =>
        kind switch
        {
            LimitKind.Key => "key",
            LimitKind.Address => "address",
            _ => "authentication",
        };

    /// <summary>Returns the reason in the audit log.</summary>
    public static string Reason(this LimitKind kind) =>
        kind switch
        {
            LimitKind.Key => "too many requests with the key",
            LimitKind.Address => "too many requests from the address",
            _ => "too many failed authentications from the address",
        };
}
