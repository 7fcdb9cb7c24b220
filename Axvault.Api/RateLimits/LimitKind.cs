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

    /// <summary>Requests of a key in flight.</summary>
    InFlight,

    /// <summary>The memory of a key's requests in flight.</summary>
    KeyMemory,

    /// <summary>The memory of the server's requests in flight.</summary>
    ServerMemory,
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
            LimitKind.InFlight => "in_flight",
            LimitKind.KeyMemory => "key_memory",
            LimitKind.ServerMemory => "server_memory",
            _ => "authentication",
        };

    /// <summary>Returns the reason in the audit log.</summary>
    public static string Reason(this LimitKind kind) =>
        kind switch
        {
            LimitKind.Key => "too many requests with the key",
            LimitKind.Address => "too many requests from the address",
            LimitKind.InFlight => "too many requests in flight with the key",
            LimitKind.KeyMemory => "too many bytes in flight with the key",
            LimitKind.ServerMemory => "too many bytes in flight on the server",
            _ => "too many failed authentications from the address",
        };

    /// <summary>Returns the status of an answer: 503 when the client could not have kept to the limit.</summary>
    public static int Status(this LimitKind kind) =>
        kind == LimitKind.ServerMemory ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status429TooManyRequests;
}
