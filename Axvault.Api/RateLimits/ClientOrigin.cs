using System.Buffers.Binary;
using System.Net;

namespace Axvault.Api.RateLimits;

/// <summary>
/// What a client is counted by: its IPv4 address, or the /64 of its IPv6 address, within which whoever has one address has them all (RFC 4291 §2.5.4).
/// An IPv4 address in the clothes of IPv6, mapped (::ffff:0:0/96) or translated (64:ff9b::/96, RFC 6052), counts as itself.
/// </summary>
internal readonly struct ClientOrigin : IEquatable<ClientOrigin>
{
    private const int Ipv6Bytes = 16;

    private static readonly byte[] Mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
    private static readonly byte[] Translated = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];

    private readonly ulong _prefix;
    private readonly bool _isIpv6;

    private ClientOrigin(ulong prefix, bool isIpv6) => (_prefix, _isIpv6) = (prefix, isIpv6);

    /// <summary>The network of <paramref name="address"/>; all clients without an address are one.</summary>
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

    /// <summary>It is seeded anew in each process: who chooses addresses cannot choose those that collide.</summary>
    public override int GetHashCode() => HashCode.Combine(_prefix, _isIpv6);
}
