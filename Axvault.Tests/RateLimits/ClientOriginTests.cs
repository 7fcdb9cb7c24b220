using System.Net;
using Axvault.Api.RateLimits;

namespace Axvault.Tests.RateLimits;

/// <summary>The addresses that count as one client.</summary>
public sealed class ClientOriginTests
{
    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData("203.0.113.9", "::ffff:203.0.113.9")]
    [InlineData("203.0.113.9", "64:ff9b::203.0.113.9")]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff")]
    [InlineData("fe80::1%1", "fe80::1%2")]
    public void Addresses_of_one_client_have_one_origin(string one, string other) => Assert.Equal(Of(one), Of(other));

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.10")]
    [InlineData("::ffff:203.0.113.9", "::ffff:203.0.113.10")]
    [InlineData("64:ff9b::203.0.113.9", "64:ff9b::203.0.113.10")]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1")]
    [InlineData("0.0.0.0", "::1")]
    [InlineData("0.1.0.0", "0:0:0:1::")]
    public void Addresses_of_different_clients_have_different_origins(string one, string other) => Assert.NotEqual(Of(one), Of(other));

    [Fact]
    public void Clients_without_an_address_share_one_origin() => Assert.Equal(ClientOrigin.Of(null), ClientOrigin.Of(null));

    private static ClientOrigin Of(string address) => ClientOrigin.Of(IPAddress.Parse(address));
}
