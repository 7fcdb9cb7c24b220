using System.Net;
using Axvault.Api.Tls;
using Serilog.Events;

namespace Axvault.Api.Configuration;

/// <summary>The settings of a server, read and checked once, before anything starts.</summary>
internal sealed record AxvaultOptions
{
    /// <summary>The address to listen on; <see langword="null"/> is <c>localhost</c>, both loopbacks.</summary>
    public required IPAddress? Host { get; init; }

    /// <summary>The port to listen on; 0 takes any free one.</summary>
    public required int Port { get; init; }

    /// <summary>How the port is secured; <see langword="null"/> when it speaks HTTP.</summary>
    public required TlsOptions? Tls { get; init; }

    /// <summary>The address to serve metrics on; <see langword="null"/> is <c>localhost</c>, both loopbacks.</summary>
    public required IPAddress? MetricsHost { get; init; }

    /// <summary>The port to serve metrics on; 0 for none.</summary>
    public required int MetricsPort { get; init; }

    /// <summary>The database.</summary>
    public required DatabaseAddress Database { get; init; }

    /// <summary>How long a start waits for a database that is not there yet.</summary>
    public required TimeSpan DatabaseWait { get; init; }

    /// <summary>The key that encrypts, as soon as every server has it.</summary>
    public required EncryptionSecret EncryptionKey { get; init; }

    /// <summary>Older keys, which still decrypt, and encrypt only while another server lacks the newer one.</summary>
    public required IReadOnlyList<EncryptionSecret> PreviousEncryptionKeys { get; init; }

    /// <summary>How credentials are refreshed.</summary>
    public required RefreshOptions Refresh { get; init; }

    /// <summary>What is kept of credentials that are replaced or deleted.</summary>
    public required VersionOptions Versions { get; init; }

    /// <summary>How the audit log is kept.</summary>
    public required AuditOptions Audit { get; init; }

    /// <summary>How many bytes of rows are remembered; 0: none.</summary>
    public required long CacheBytes { get; init; }

    /// <summary>The proxies whose word for a client's address is taken.</summary>
    public required IReadOnlyList<IPNetwork> TrustedProxies { get; init; }

    /// <summary>How many requests, and failures, are taken.</summary>
    public required RateLimitOptions RateLimits { get; init; }

    /// <summary>How long a server that is told to stop still serves, and says that it is not ready.</summary>
    public required TimeSpan ShutdownDelay { get; init; }

    /// <summary>The least severe level that is logged; <see langword="null"/> logs nothing.</summary>
    public required LogEventLevel? LogLevel { get; init; }

    /// <summary>Whether the API's reference is served.</summary>
    public required bool Docs { get; init; }
}
