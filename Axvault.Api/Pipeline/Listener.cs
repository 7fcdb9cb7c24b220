using System.Net;
using Axvault.Api.Tls;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Axvault.Api.Pipeline;

/// <summary>The ports of the server. The main port speaks HTTPS when there is a certificate; the port for metrics always speaks HTTP.</summary>
internal static class Listener
{
    /// <summary>Makes the server listen on the ports of <paramref name="options"/> and nowhere else.</summary>
    public static void AddListener(this WebApplicationBuilder builder, ListenerOptions options)
    {
        // Images and orchestrators set hosting variables such as HTTP_PORTS. They are ignored, because Axvault has its own settings.
        builder.WebHost.UseSetting(WebHostDefaults.HttpPortsKey, "");
        builder.WebHost.UseSetting(WebHostDefaults.HttpsPortsKey, "");
        builder.WebHost.UseSetting(WebHostDefaults.ServerUrlsKey, "");
        builder.Services.AddSingleton(options);
        builder.Services.Configure<SocketTransportOptions>(RequestLimits.Apply);
        builder.Services.Configure<KestrelServerOptions>(kestrel =>
        {
            RequestLimits.Apply(kestrel);
            Listen(kestrel, options.Host, options.Port, port =>
            {
                if (options.Tls is not null)
                {
                    port.UseHttps(port.ApplicationServices.GetRequiredService<CertificateKeeper>().Handshakes());
                }
            });
            if (options.MetricsPort > 0)
            {
                Listen(kestrel, options.MetricsHost, options.MetricsPort, static _ => { });
            }
        });
    }

    private static void Listen(KestrelServerOptions kestrel, IPAddress? host, int port, Action<ListenOptions> configure)
    {
        if (host is null)
        {
            kestrel.ListenLocalhost(port, configure);
        }
        else
        {
            kestrel.Listen(host, port, configure);
        }
    }
}
