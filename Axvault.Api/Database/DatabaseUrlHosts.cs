using System.Globalization;
using System.Net;
using Npgsql;

namespace Axvault.Api.Database;

/// <summary>The hosts of a connection URI and their ports.</summary>
internal sealed class DatabaseUrlHosts
{
    private const int DefaultPort = 5432;

    private List<string> _hosts = [];
    private List<int> _ports = [];
    private List<string> _addresses = [];

    /// <summary>Reads <c>host[:port][,…]</c>. An IPv6 address stands in brackets.</summary>
    /// <exception cref="DatabaseUrlException">A host or port is malformed.</exception>
    public static DatabaseUrlHosts Read(string authority)
    {
        var read = new DatabaseUrlHosts();
        foreach (var item in authority.Length > 0 ? authority.Split(',') : [])
        {
            read.Add(item);
        }

        return read;
    }

    /// <summary>Takes the parameter <paramref name="key"/> if it is one of <c>host</c>, <c>port</c> and <c>hostaddr</c>.</summary>
    /// <returns><see langword="true"/> when it was taken; otherwise <see langword="false"/>.</returns>
    /// <exception cref="DatabaseUrlException">The value is malformed.</exception>
    public bool TryTake(string key, string value)
    {
        switch (key)
        {
            case "host":
                _hosts = [.. value.Split(',')];
                return true;
            case "port":
                _ports = [.. value.Split(',').Select(ReadPort)];
                return true;
            case "hostaddr":
                _addresses = [.. value.Split(',').Select(ReadAddress)];
                return true;
            default:
                return false;
        }
    }

    /// <summary>Writes the hosts to <paramref name="connection"/>, whose TLS mode must be set already.</summary>
    /// <returns><see langword="true"/> when <c>hostaddr</c> was ignored; otherwise <see langword="false"/>.</returns>
    /// <exception cref="DatabaseUrlException">The hosts and ports do not fit together.</exception>
    public bool Apply(NpgsqlConnectionStringBuilder connection)
    {
        // libpq connects to hostaddr and checks the certificate against host. Npgsql has one value for both. Where the name is verified, use host, so that a
        // server at another address cannot pass for it. Otherwise use hostaddr, as libpq does.
        var ignoresAddresses = _addresses.Count > 0 && _hosts.Count > 0 && connection.SslMode == SslMode.VerifyFull;
        var hosts = _addresses.Count > 0 && !ignoresAddresses ? _addresses : _hosts;
        if (hosts.Count == 0)
        {
            hosts = [.. Enumerable.Repeat("localhost", Math.Max(1, _ports.Count))];
        }

        SetHosts(connection, [.. hosts.Select(static host => host.Length == 0 ? "localhost" : host)], PortsOf(hosts.Count));
        return ignoresAddresses;
    }

    private List<int> PortsOf(int hosts) =>
        _ports.Count switch
        {
            0 => [.. Enumerable.Repeat(DefaultPort, hosts)],
            1 => [.. Enumerable.Repeat(_ports[0], hosts)],
            var count when count == hosts => _ports,
            _ => throw new DatabaseUrlException("there must be one port, or one for each host"),
        };

    private static void SetHosts(NpgsqlConnectionStringBuilder connection, List<string> hosts, List<int> ports)
    {
        if (hosts.Count == 1)
        {
            (connection.Host, connection.Port) = (hosts[0], ports[0]);
            return;
        }

        if (hosts.Any(static host => host.StartsWith('/')))
        {
            throw new DatabaseUrlException("a unix socket cannot be one of several hosts");
        }

        connection.Host = string.Join(
            ',',
            hosts.Zip(ports, static (host, port) => host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{port}" : $"{host}:{port}")
        );
    }

    private void Add(string item)
    {
        var end = item.StartsWith('[') ? item.IndexOf(']', StringComparison.Ordinal) : -1;
        if (item.StartsWith('[') && end < 0)
        {
            throw new DatabaseUrlException("an IPv6 address must end in ]");
        }

        if (end == 1)
        {
            throw new DatabaseUrlException("an IPv6 address must not be empty");
        }

        var host = end > 0 ? item[1..end] : DatabaseUrlText.Cut(item, ':').Before;
        var port = end > 0 ? item[(end + 1)..] : item[host.Length..];
        if (port.Length > 0 && port[0] != ':')
        {
            throw new DatabaseUrlException("only a :port may follow an IPv6 address");
        }

        _hosts.Add(DatabaseUrlText.Decode(host, "the host"));
        _ports.Add(port.Length > 1 ? ReadPort(port[1..]) : DefaultPort);
    }

    private static int ReadPort(string text) =>
        text.Length == 0 ? DefaultPort
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535 ? port
        : throw new DatabaseUrlException("a port must be a number from 1 to 65535");

    private static string ReadAddress(string text) =>
        IPAddress.TryParse(text, out var address) ? address.ToString() : throw new DatabaseUrlException("hostaddr must be an IP address, or several");
}
