using System.Globalization;
using System.Net;
using Axvault.Api.Authorization;
using CsCheck;

namespace Axvault.Tests.Authorization;

public sealed class ClientNetworkTests
{
    private static readonly Gen<IPAddress> Address = Gen.OneOf(
        Gen.Byte.Array[4].Select(static bytes => new IPAddress(bytes)),
        Gen.Byte.Array[16].Select(static bytes => new IPAddress(bytes)),
        Gen.Byte.Array[4].Select(static bytes => new IPAddress(bytes).MapToIPv6())
    );

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1/32")]
    [InlineData("192.0.2.1/32", "192.0.2.1/32")]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("2001:DB8:0:0::/32", "2001:db8::/32")]
    [InlineData("2001:db8::1", "2001:db8::1/128")]
    [InlineData("::/0", "::/0")]
    [InlineData("::1", "::1/128")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1/32")]
    [InlineData("::FFFF:c000:201", "192.0.2.1/32")]
    [InlineData("::ffff:10.0.0.0/104", "10.0.0.0/8")]
    [InlineData("::ffff:0:0/96", "0.0.0.0/0")]
    public void A_network_has_one_canonical_form(string text, string canonical)
    {
        Assert.True(ClientNetwork.TryParse(text, out var network));
        Assert.Equal(canonical, network.Value);
        Assert.True(ClientNetwork.TryParse(canonical, out var again));
        Assert.Equal(network, again);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("*")]
    [InlineData("localhost")]
    [InlineData("10.0.0.0/8 ")]
    [InlineData(" 10.0.0.0/8")]
    [InlineData("10.0.0.0/")]
    [InlineData("/8")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/+8")]
    [InlineData("10.0.0.0/08")]
    [InlineData("10.0.0.0/8/8")]
    [InlineData("10.0.0.0/255.0.0.0")]
    [InlineData("10.0.0.0-10.0.0.9")]
    [InlineData("10.0.0.1/8")]
    [InlineData("0.0.0.1/0")]
    [InlineData("10.0.0/8")]
    [InlineData("10")]
    [InlineData("127.1")]
    [InlineData("010.0.0.1")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("2130706433")]
    [InlineData("256.0.0.1")]
    [InlineData("１0.0.0.1")]
    [InlineData("10.0.0.1:80")]
    [InlineData("2001:db8::1/32")]
    [InlineData("2001:db8::/129")]
    [InlineData("2001:db8::/99999999999")]
    [InlineData("[2001:db8::1]")]
    [InlineData("[2001:db8::1]:80")]
    [InlineData("fe80::1%eth0")]
    [InlineData("fe80::1%1")]
    [InlineData("::ffff:10.0.0.1/104")]
    [InlineData("2001:db8")]
    [InlineData("2001::db8::")]
    [InlineData("10.0.0.0/8\n")]
    [InlineData("10.0.0.0\0/8")]
    [InlineData("\ud800")]
    public void A_malformed_or_ambiguous_network_is_refused(string? text) => Assert.False(ClientNetwork.TryParse(text, out _));

    [Fact]
    public void Parsing_never_throws_and_a_parsed_network_parses_again() =>
        Gen.OneOf(Gen.String, Gen.String[Gen.Char["0123456789abcdef:./%[]x"], 0, 24])
            .Sample(
                static text =>
                    !ClientNetwork.TryParse(text, out var network) || (ClientNetwork.TryParse(network.Value, out var again) && again.Equals(network)),
                iter: 20_000
            );

    [Fact]
    public void A_network_covers_the_addresses_that_share_its_prefix_and_no_other() =>
        Gen.Select(Address, Address, Gen.Int[0, 128])
            .Sample(
                static (inside, other, length) =>
                {
                    var (bits, prefix) = (Bits(inside), Math.Min(length, Bits(inside).Length));
                    var network = Of(inside, prefix);
                    return network.Covers(inside)
                        && network.Covers(Plain(inside).MapToIPv6())
                        && network.Covers(other) == (Bits(other).Length == bits.Length && Bits(other)[..prefix] == bits[..prefix]);
                }
            );

    [Fact]
    public void A_network_contains_another_when_it_covers_all_of_its_addresses() =>
        Gen.Select(Address, Gen.Int[0, 128], Gen.Int[0, 128], Gen.Int[0, 127], Gen.Bool)
            .Sample(
                static (address, first, second, flipped, flips) =>
                {
                    var bits = Bits(address);
                    var elsewhere = flips ? Flip(address, flipped % bits.Length) : address;
                    var (outer, inner) = (Math.Min(first, bits.Length), Math.Min(second, bits.Length));
                    return Of(address, outer).Contains(Of(elsewhere, inner)) == (outer <= inner && Bits(elsewhere)[..outer] == bits[..outer]);
                }
            );

    [Fact]
    public void IPv4_and_IPv6_networks_never_cover_each_other()
    {
        Assert.True(ClientNetwork.TryParse("::/0", out var six));
        Assert.True(ClientNetwork.TryParse("0.0.0.0/0", out var four));
        Assert.False(six.Covers(IPAddress.Loopback));
        Assert.False(six.Covers(IPAddress.Loopback.MapToIPv6()));
        Assert.True(four.Covers(IPAddress.Loopback.MapToIPv6()));
        Assert.False(four.Covers(IPAddress.IPv6Loopback));
        Assert.False(six.Contains(four));
        Assert.False(four.Contains(six));
    }

    [Fact]
    public void An_empty_list_allows_every_client_and_another_list_only_known_addresses_in_it()
    {
        var networks = ClientNetworks.FromStored(["10.0.0.0/8", "2001:db8::/32", "10.0.0.0/8"]);
        Assert.Equal(["10.0.0.0/8", "2001:db8::/32"], networks.ToArray());
        Assert.True(networks.Covers(IPAddress.Parse("10.1.2.3")));
        Assert.True(networks.Covers(IPAddress.Parse("2001:db8::9")));
        Assert.False(networks.Covers(IPAddress.Parse("192.0.2.1")));
        Assert.False(networks.Covers(null));
        Assert.True(ClientNetworks.Any.Covers(null));
    }

    internal static ClientNetwork Of(IPAddress address, int prefix)
    {
        var bytes = Plain(address).GetAddressBytes();
        for (var bit = prefix; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        Assert.True(ClientNetwork.TryParse(string.Create(CultureInfo.InvariantCulture, $"{new IPAddress(bytes)}/{prefix}"), out var network));
        return network;
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static string Bits(IPAddress address) =>
        string.Concat(Plain(address).GetAddressBytes().Select(static octet => octet.ToString("b8", CultureInfo.InvariantCulture)));

    private static IPAddress Flip(IPAddress address, int bit)
    {
        var bytes = Plain(address).GetAddressBytes();
        bytes[bit / 8] ^= (byte)(0x80 >> (bit % 8));
        return new IPAddress(bytes);
    }
}
