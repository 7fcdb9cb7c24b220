using static Axvault.Tests.Database.ParsedUrl;

namespace Axvault.Tests.Database;

/// <summary>The hosts, ports and Unix sockets of a database URL.</summary>
public sealed class DatabaseUrlHostTests
{
    [Theory]
    [InlineData("postgresql://[::1]/d", "::1", 5432)]
    [InlineData("postgresql://[2001:db8::1234]:6000/d", "2001:db8::1234", 6000)]
    [InlineData("postgresql://u:p@[2001:db8::1]:6000", "2001:db8::1", 6000)]
    [InlineData("postgresql://u:[p]@[::1]:6000", "::1", 6000)]
    [InlineData("postgresql://[::1]:/d", "::1", 5432)]
    [InlineData("postgresql://[fe80::1%25eth0]/d", "fe80::1%eth0", 5432)]
    public void An_ipv6_address_stands_in_brackets(string url, string host, int port)
    {
        var connection = Parse(url);
        Assert.Equal((host, port), (connection.Host, connection.Port));
    }

    [Theory]
    [InlineData("postgresql://[::1/d")]
    [InlineData("postgresql://[::1")]
    [InlineData("postgresql://[")]
    [InlineData("postgresql://[]/d")]
    [InlineData("postgresql://[::1]x/d")]
    [InlineData("postgresql://[::1]5432/d")]
    [InlineData("postgresql://[::1]]:5432/d")]
    [InlineData("postgresql://::1/d")]
    [InlineData("postgresql://h,[::1/d")]
    public void An_ipv6_address_without_its_brackets_is_refused(string url) => Refused(url);

    [Theory]
    [InlineData("postgresql://h1,h2/d", "h1:5432,h2:5432")]
    [InlineData("postgresql://h1:1,h2:2,h3:3/d", "h1:1,h2:2,h3:3")]
    [InlineData("postgresql://h1:1,h2/d", "h1:1,h2:5432")]
    [InlineData("postgresql://h1,h2:2/d", "h1:5432,h2:2")]
    [InlineData("postgresql://u:p@h1:,h2:2/d", "h1:5432,h2:2")]
    [InlineData("postgresql://h1,[::1]:2,10.0.0.1/d", "h1:5432,[::1]:2,10.0.0.1:5432")]
    [InlineData("postgresql://h1,h2/d?port=6000", "h1:6000,h2:6000")]
    [InlineData("postgresql://h1,h2/d?port=1,2", "h1:1,h2:2")]
    [InlineData("postgresql://h1,h2/d?port=1,", "h1:1,h2:5432")]
    [InlineData("postgresql:///d?host=h1,h2", "h1:5432,h2:5432")]
    [InlineData("postgresql:///d?host=h1,h2&port=1,2", "h1:1,h2:2")]
    [InlineData("postgresql:///d?port=1,2&host=h1,h2", "h1:1,h2:2")]
    [InlineData("postgresql://,h2/d", "localhost:5432,h2:5432")]
    [InlineData("postgresql://,/d", "localhost:5432,localhost:5432")]
    public void Each_of_several_hosts_has_its_own_port(string url, string hosts) => Assert.Equal(hosts, Parse(url).Host);

    [Theory]
    [InlineData("postgresql://h1:1,h2:2/d?host=h")]
    [InlineData("postgresql://h/d?port=1,2")]
    [InlineData("postgresql://h1,h2,h3/d?port=1,2")]
    public void Ports_that_do_not_match_the_hosts_are_refused(string url) => Refused(url);

    [Theory]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("99999999999999999999")]
    [InlineData("-1")]
    [InlineData("+5432")]
    [InlineData(" 5432")]
    [InlineData("5432 ")]
    [InlineData("5e3")]
    [InlineData("0x10")]
    [InlineData("5432x")]
    [InlineData("٥٤٣٢")]
    [InlineData("secret")]
    [InlineData("5432:5433")]
    public void A_port_is_a_number_from_1_to_65535(string port)
    {
        Assert.DoesNotContain(port, Refused($"postgresql://h:{port}/d").Replace("1 to 65535", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Refused($"postgresql://h/d?port={port}");
    }

    [Theory]
    [InlineData("postgresql:///d?host=/var/run/postgresql", "/var/run/postgresql", 5432)]
    [InlineData("postgresql:///d?host=%2Fvar%2Frun%2Fpostgresql&port=6000", "/var/run/postgresql", 6000)]
    [InlineData("postgresql://u:p@/d?host=/tmp", "/tmp", 5432)]
    [InlineData("postgresql://%2Fvar%2Frun%2Fpostgresql/d", "/var/run/postgresql", 5432)]
    [InlineData("postgresql://u:p@%2Ftmp:6000/d", "/tmp", 6000)]
    [InlineData("postgresql://h:6000/d?host=/tmp", "/tmp", 6000)]
    public void A_unix_socket_is_given_by_its_folder(string url, string host, int port)
    {
        var connection = Parse(url);
        Assert.Equal((host, port, "d"), (connection.Host, connection.Port, connection.Database));
    }

    // The driver cannot combine a Unix socket with other hosts.
    [Theory]
    [InlineData("postgresql:///d?host=/tmp,h2")]
    [InlineData("postgresql://h1,%2Ftmp/d")]
    public void A_unix_socket_among_several_hosts_is_refused(string url) => Assert.Contains("unix socket", Refused(url), StringComparison.Ordinal);

    [Theory]
    [InlineData("host=h user=u password=p")]
    [InlineData("Host=h user:p")]
    [InlineData("Host=u:p@h")]
    [InlineData("postgresql://secret%40h/d")]
    [InlineData("postgresql://h%20password%3Dp/d")]
    [InlineData("postgresql:///d?host=u@h")]
    public void A_malformed_host_is_refused_because_hosts_are_printed(string text) =>
        Assert.StartsWith("the host has a character", Refused(text), StringComparison.Ordinal);
}
