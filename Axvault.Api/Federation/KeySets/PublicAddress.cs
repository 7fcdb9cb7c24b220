using System.Net;
using System.Net.Sockets;

namespace Axvault.Api.Federation.KeySets;

/// <summary>Tells addresses of the internet from those of a private network, of this machine or of a cloud's metadata service.</summary>
internal static class PublicAddress
{
    // All that IANA has given to the internet. Beside it are private, local and translated addresses.
    private static readonly IPNetwork Internet6 = IPNetwork.Parse("2000::/3");

    // The special-purpose registries of IANA (RFC 6890). 2001::/32 and 2002::/16 carry an IPv4 address, which may be private.
    private static readonly IPNetwork[] Special =
    [
        .. new[]
        {
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20",
        }.Select(static text => IPNetwork.Parse(text)),
    ];

    /// <summary>Returns <see langword="true"/> when <paramref name="address"/> is one of the internet; otherwise <see langword="false"/>.</summary>
    public static bool Is(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return (plain.AddressFamily == AddressFamily.InterNetwork || Internet6.Contains(plain)) && !Special.Any(network => network.Contains(plain));
    }
}
