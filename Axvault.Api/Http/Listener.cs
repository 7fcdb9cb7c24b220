using System.Net;
using Axvault.Api.Configuration;
using Axvault.Api.Tls;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Axvault.Api.Http;

/// <summary>Where the server listens: its port, by HTTPS when there is a certificate and else by HTTP, and the one for metrics, by HTTP.</summary>
internal static class Listener
{
    /// <summary>Makes the server listen there and nowhere else.</summary>
    public static void AddListener(this WebApplicationBuilder builder, AxvaultOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);

        // Where to listen is Axvault's own setting: the hosting variables for it, such as HTTP_PORTS, which images and orchestrators set, are ignored.
        builder.WebHost.UseSetting(WebHostDefaults.HttpPortsKey, "");
        builder.WebHost.UseSetting(WebHostDefaults.HttpsPortsKey, "");
        builder.WebHost.UseSetting(WebHostDefaults.ServerUrlsKey, "");
        if (options.Tls is not null)
        {
            builder.Services.AddSingleton<CertificateKeeper>();
            builder.Services.AddHostedService(static provider => provider.GetRequiredService<CertificateKeeper>());
        }

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
