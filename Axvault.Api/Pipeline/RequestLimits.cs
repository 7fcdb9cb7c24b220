using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Axvault.Api.Pipeline;

/// <summary>The limits of a request: sizes, times and connections.</summary>
internal static class RequestLimits
{
    /// <summary>The size limit of a body, in bytes: 1 MiB.</summary>
    public const long MaxBodyBytes = 1024 * 1024;

    // A connection whose bytes no one reads keeps up to this size. It has room for the line and the headers of a request.
    private const int ConnectionBytes = 64 * 1024;
    private const int StreamBytes = 96 * 1024;
    private const int Http2ConnectionBytes = 128 * 1024;

    private const int MaxConnections = 10_000;
    private const int MinConnections = 1_000;
    private static readonly TimeSpan HeaderTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan HandlerTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Sets the limits of the listener.</summary>
    public static void Apply(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = ConnectionsFor(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
        kestrel.Limits.MaxRequestBufferSize = ConnectionBytes;
        kestrel.Limits.Http2.InitialStreamWindowSize = StreamBytes;
        kestrel.Limits.Http2.InitialConnectionWindowSize = Http2ConnectionBytes;
        kestrel.Limits.RequestHeadersTimeout = HeaderTimeout;
    }

    /// <summary>Sets the limit of what a socket receives ahead of its reader. The listener's own limit holds for the body alone.</summary>
    public static void Apply(SocketTransportOptions sockets) => sockets.MaxReadBufferSize = ConnectionBytes;

    /// <summary>Sets the time limit of a handler: the time of a refresh, plus the time of its statements.</summary>
    public static void Apply(RequestTimeoutOptions timeouts, TimeSpan refreshTimeout)
    {
        timeouts.DefaultPolicy = new RequestTimeoutPolicy
        {
            Timeout = HandlerTimeout + refreshTimeout,
            TimeoutStatusCode = StatusCodes.Status503ServiceUnavailable,
        };
    }

    // Connections that send what no one reads take half of the memory at most.
    private static long ConnectionsFor(long memory) => Math.Clamp(memory / 2 / ConnectionBytes, MinConnections, MaxConnections);
}
