using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Primitives;

namespace Axvault.Api.Pipeline;

/// <summary>The address of a client behind trusted proxies, by their <c>X-Forwarded-For</c>.</summary>
/// <remarks>
/// The framework's middleware keeps the proxy's own address when the header is absent or unreadable. A key that is bound to the proxies' network would accept
/// every client then.
/// </remarks>
internal static class ForwardedClient
{
    private const string Header = "X-Forwarded-For";

    /// <summary>Adds the rule to the pipeline. Without trusted proxies, the client is the peer of the connection.</summary>
    public static void UseForwardedClient(this IApplicationBuilder app)
    {
        var options = app.ApplicationServices.GetRequiredService<ListenerOptions>();
        if (options.TrustedProxies.Count == 0)
        {
            return;
        }

        app.Use(
            (context, next) =>
            {
                var connection = context.Connection;
                if (options.Trusts(connection.RemoteIpAddress))
                {
                    connection.RemoteIpAddress = Find(context.Request.Headers[Header], options);
                }

                return next(context);
            }
        );
    }

    /// <summary>
    /// Returns the nearest hop that is not a trusted proxy, after any number of trusted ones. Returns <see langword="null"/> when no such hop is named, or a
    /// nearer entry is not an address: the hops behind such an entry may be the client's invention.
    /// </summary>
    private static IPAddress? Find(StringValues header, ListenerOptions options)
    {
        for (var line = header.Count - 1; line >= 0; line--)
        {
            var rest = header[line].AsSpan();
            while (true)
            {
                var comma = rest.LastIndexOf(',');
                if (!TryParse(rest[(comma + 1)..].Trim(" \t"), out var address))
                {
                    return null;
                }

                if (!options.Trusts(address))
                {
                    return address;
                }

                if (comma < 0)
                {
                    break;
                }

                rest = rest[..comma];
            }
        }

        return null;
    }

    // An address, or one with a port: 192.0.2.1:80 or [2001:db8::1]:80. The framework also reads 127.1 and 0x7f000001, which no proxy writes.
    private static bool TryParse(ReadOnlySpan<char> entry, [NotNullWhen(true)] out IPAddress? address)
    {
        address = IPEndPoint.TryParse(entry, out var hop) ? hop.Address : null;
        return address is not null && (address.AddressFamily == AddressFamily.InterNetworkV6 || entry.StartsWith(address.ToString(), StringComparison.Ordinal));
    }
}
