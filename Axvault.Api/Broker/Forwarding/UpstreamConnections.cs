using System.Diagnostics;
using System.Net;
using Axvault.Api.Refresh.Grants;

namespace Axvault.Api.Broker.Forwarding;

/// <summary>The connections to the upstreams.</summary>
internal sealed class UpstreamConnections : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    // A connection follows a change of an address after this time.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>The client. It neither follows a redirect nor keeps a cookie, and leaves bodies as they are.</summary>
    public HttpMessageInvoker Client { get; } =
        new(
            new SocketsHttpHandler
            {
                // No trace context is sent to a provider.
                ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
                AllowAutoRedirect = false,
                AutomaticDecompression = DecompressionMethods.None,
                ConnectTimeout = ConnectTimeout,
                EnableMultipleHttp2Connections = true,
                PooledConnectionLifetime = Lifetime,
                Proxy = new ProviderProxy(HttpClient.DefaultProxy),
                UseCookies = false,
            }
        );

    /// <inheritdoc />
    public void Dispose() => Client.Dispose();
}
