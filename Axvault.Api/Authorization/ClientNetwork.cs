using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Axvault.Api.Authorization;

/// <summary>
/// A network of clients, as its canonical CIDR (RFC 4632 §3.1, RFC 5952 §4), such as <c>10.0.0.0/8</c> or <c>2001:db8::/32</c>. A single address is a network
/// too.
/// </summary>
/// <remarks>Created only by parsing. An IPv4-mapped IPv6 network (<c>::ffff:10.0.0.0/104</c>) becomes the IPv4 network that it maps.</remarks>
internal sealed record ClientNetwork
{
    /// <summary>The rule, in words for an error message.</summary>
    public const string Rule = "must be an IP address or a network such as 10.0.0.0/8 or 2001:db8::/32, with no bits set behind its prefix";

    private const int MappedPrefix = 96;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("0123456789abcdefABCDEF:.");

    private readonly IPNetwork _network;

    private ClientNetwork(IPNetwork network) => _network = network;

    /// <summary>The network as text.</summary>
    public string Value => _network.ToString();

    /// <summary>Creates a network from <paramref name="text"/> when it follows the rule.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ClientNetwork? network)
    {
        network = null;
        if (text is null)
        {
            return false;
        }

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (
            !TryParseAddress(slash < 0 ? text : text[..slash], out var address)
            || !TryParsePrefix(slash < 0 ? null : text[(slash + 1)..], address, out var prefix)
        )
        {
            return false;
        }

        if (address.IsIPv4MappedToIPv6 && prefix >= MappedPrefix)
        {
            (address, prefix) = (address.MapToIPv4(), prefix - MappedPrefix);
        }

        // A bit behind the prefix is a slip: the author may have meant a smaller or a larger network.
        network = HasBitsBehind(address, prefix) ? null : new ClientNetwork(new IPNetwork(address, prefix));
        return network is not null;
    }

    /// <summary>The network, for the framework.</summary>
    public IPNetwork ToIPNetwork() => _network;

    /// <summary>
    /// Returns <see langword="true"/> when <paramref name="address"/> is in the network; otherwise <see langword="false"/>. An IPv4-mapped address counts as
    /// IPv4.
    /// </summary>
    public bool Covers(IPAddress address)
    {
        return _network.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
    }

    /// <summary>Returns <see langword="true"/> when every address of <paramref name="other"/> is in this network; otherwise <see langword="false"/>.</summary>
    public bool Contains(ClientNetwork other)
    {
        return _network.PrefixLength <= other._network.PrefixLength && _network.Contains(other._network.BaseAddress);
    }

    /// <inheritdoc />
    public override string ToString() => Value;

    // The framework's parser also accepts shortened, octal and hexadecimal IPv4 (127.1, 010.0.0.1, 0x7f000001), and zones, brackets and ports of IPv6. They are
    // refused here.
    private static bool TryParseAddress(string text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        return !text.AsSpan().ContainsAnyExcept(Allowed)
            && IPAddress.TryParse(text, out address)
            && (address.AddressFamily == AddressFamily.InterNetworkV6 || address.ToString() == text);
    }

    private static bool TryParsePrefix(string? text, IPAddress address, out int prefix)
    {
        var bits = address.GetAddressBytes().Length * 8;
        prefix = bits;
        return text is null
            || (text is ['0'] or [not '0', ..] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out prefix) && prefix <= bits);
    }

    private static bool HasBitsBehind(IPAddress address, int prefix)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = prefix; bit < bytes.Length * 8; bit++)
        {
            if ((bytes[bit / 8] & (0x80 >> (bit % 8))) != 0)
            {
                return true;
            }
        }

        return false;
    }
}
