using Axvault.Api.Configuration;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Axvault.Api.Http;

/// <summary>What a client may cost: sizes, times and connections.</summary>
internal static class RequestLimits
{
    /// <summary>The greatest body, in bytes: 1 MiB.</summary>
    public const long MaxBodyBytes = 1024 * 1024;

    private const int MaxConnections = 10_000;
    private static readonly TimeSpan HeaderTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan HandlerTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Sets the limits of the listener.</summary>
    public static void Apply(KestrelServerOptions kestrel)
    {
        ArgumentNullException.ThrowIfNull(kestrel);

        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = MaxConnections;
        kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
        kestrel.Limits.RequestHeadersTimeout = HeaderTimeout;
    }

    /// <summary>Sets how long a handler may take: the time of a refresh, and what its statements need besides.</summary>
    public static void Apply(RequestTimeoutOptions timeouts, AxvaultOptions options)
    {
        ArgumentNullException.ThrowIfNull(timeouts);
        ArgumentNullException.ThrowIfNull(options);

        timeouts.DefaultPolicy = new RequestTimeoutPolicy { Timeout = HandlerTimeout + options.Refresh.Timeout, TimeoutStatusCode = StatusCodes.Status503ServiceUnavailable };
    }
}
