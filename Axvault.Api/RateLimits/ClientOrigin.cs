using System.Buffers.Binary;
using System.Net;

namespace Axvault.Api.RateLimits;

/// <summary>
/// The unit by which clients are counted: an IPv4 address, or the /64 of an IPv6 address, because its owner has all addresses of it (RFC 4291 §2.5.4).
/// An IPv4 address that is mapped (::ffff:0:0/96) or translated (64:ff9b::/96, RFC 6052) counts as IPv4.
/// </summary>
internal readonly struct ClientOrigin : IEquatable<ClientOrigin>
{
    private const int Ipv6Bytes = 16;

    private static readonly byte[] Mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
    private static readonly byte[] Translated = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];

    private readonly ulong _prefix;
    private readonly bool _isIpv6;

    private ClientOrigin(ulong prefix, bool isIpv6) => (_prefix, _isIpv6) = (prefix, isIpv6);

    /// <summary>Returns the origin of <paramref name="address"/>. All clients without an address have the same origin.</summary>
    public static ClientOrigin Of(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[Ipv6Bytes];
        if (address is null || !address.TryWriteBytes(bytes, out var length))
        {
            return default;
        }

        if (length < Ipv6Bytes)
        {
            return new ClientOrigin(BinaryPrimitives.ReadUInt32BigEndian(bytes), isIpv6: false);
        }

        return bytes.StartsWith(Mapped) || bytes.StartsWith(Translated)
            ? new ClientOrigin(BinaryPrimitives.ReadUInt32BigEndian(bytes[Mapped.Length..]), isIpv6: false)
            : new ClientOrigin(BinaryPrimitives.ReadUInt64BigEndian(bytes), isIpv6: true);
    }

    /// <inheritdoc />
    public bool Equals(ClientOrigin other) => _prefix == other._prefix && _isIpv6 == other._isIpv6;

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is ClientOrigin other && Equals(other);

    /// <summary>Returns a hash with a seed of this process, so that an attacker cannot choose addresses that collide.</summary>
    public override int GetHashCode() => HashCode.Combine(_prefix, _isIpv6);
}
