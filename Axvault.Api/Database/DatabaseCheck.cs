using System.Globalization;
using System.Net;
using System.Text;
using Npgsql;

namespace Axvault.Api.Database;

/// <summary>
/// Finds the settings of a connection that the driver would refuse only when it connects, some of them by an exception and some by waiting. The check
/// also builds the driver's data source, so that it refuses here whatever it refuses without a connection.
/// </summary>
internal static class DatabaseCheck
{
    // The path of a unix socket, in bytes, as the system limits it.
    private const int MaxSocketPath = 107;

    // Least and greatest values. The driver checks some of them only at the first connection, and multiplies or allocates by others.
    private static readonly (string Name, long Least, long Most)[] Ranges =
    [
        ("Maximum Pool Size", 1, 10_000),
        ("Minimum Pool Size", 0, 10_000),
        ("Read Buffer Size", 4096, 16 * 1024 * 1024),
        ("Write Buffer Size", 4096, 16 * 1024 * 1024),
        ("Socket Receive Buffer Size", 0, 1024 * 1024 * 1024),
        ("Socket Send Buffer Size", 0, 1024 * 1024 * 1024),
        ("TCP Keepalive Time", 0, 32_767),
        ("TCP Keepalive Interval", 0, 32_767),
        ("Keepalive", 0, 86_400),
        ("Command Timeout", 0, 86_400),
        ("Cancellation Timeout", -1, 86_400_000),
        ("Connection Idle Lifetime", 1, 86_400),
        ("Connection Pruning Interval", 1, 86_400),
        ("Connection Lifetime", 0, 31_536_000),
        ("Host Recheck Seconds", 0, 86_400),
        ("Max Auto Prepare", 0, 10_000),
        ("Auto Prepare Min Usages", 1, int.MaxValue),
    ];

    private static readonly string[] Utf8Names = ["utf8", "utf-8", "unicode"];

    /// <summary>Returns the first problem of <paramref name="connection"/>, which repeats no value; <see langword="null"/> when there is none.</summary>
    public static string? Find(NpgsqlConnectionStringBuilder connection) =>
        FindRange(connection) ?? FindCombination(connection) ?? FindHost(connection) ?? DatabaseCertificates.Find(connection) ?? FindRefusal(connection);

    private static string? FindRange(NpgsqlConnectionStringBuilder connection)
    {
        foreach (var (name, least, most) in Ranges)
        {
            if (Convert.ToInt64(connection[name], CultureInfo.InvariantCulture) is var value && (value < least || value > most))
            {
                return string.Create(CultureInfo.InvariantCulture, $"{name} must be a number from {least} to {most}");
            }
        }

        return null;
    }

    private static string? FindCombination(NpgsqlConnectionStringBuilder connection) =>
        connection switch
        {
            { Multiplexing: true } => "Multiplexing is not supported, because statements are prepared and run in transactions: leave it out",
            _ when connection.MinPoolSize > connection.MaxPoolSize => "Minimum Pool Size must not be above Maximum Pool Size",
            _ when connection.ConnectionPruningInterval > connection.ConnectionIdleLifetime =>
                "Connection Pruning Interval must not be above Connection Idle Lifetime",
            { TcpKeepAliveInterval: > 0, TcpKeepAliveTime: 0 } => "TCP Keepalive Interval needs a TCP Keepalive Time",
            { SslNegotiation: SslNegotiation.Direct, SslMode: < SslMode.Require } => "sslnegotiation=direct goes with sslmode=require or stricter only",
            { ChannelBinding: ChannelBinding.Require, SslMode: SslMode.Disable } =>
                "channel_binding=require needs TLS, and sslmode is disable: set sslmode=verify-full",
            _ when !IsUtf8(connection.ClientEncoding) || !IsUtf8(connection.Encoding) => "the encoding of the connection (client_encoding) must be UTF8",
            _ => null,
        };

    private static bool IsUtf8(string? name) => name is null || Utf8Names.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static string? FindHost(NpgsqlConnectionStringBuilder connection)
    {
        if (connection.Host!.StartsWith('/'))
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"{connection.Host}/.s.PGSQL.{connection.Port}");
            return Encoding.UTF8.GetByteCount(path) > MaxSocketPath ? "the path of the unix socket is too long for the system" : null;
        }

        return connection.Host.Split(',').Select(FindHost).FirstOrDefault(static problem => problem is not null);
    }

    // A host of several carries its port. The host of a single one is an address without brackets, and its port stands apart.
    private static string? FindHost(string host)
    {
        if (host.Length == 0)
        {
            return "a host is empty";
        }

        if (host.StartsWith('[') ? host.LastIndexOf("]:", StringComparison.Ordinal) < 0 && !host.EndsWith(']') : host.Contains('[') || host.Contains(']'))
        {
            return "an IPv6 address must stand between [ and ]";
        }

        var colon = host.LastIndexOf(':');
        var hasPort = colon > host.LastIndexOf(']') && (host.StartsWith('[') || host.IndexOf(':', StringComparison.Ordinal) == colon);
        var isPort =
            hasPort
            && int.TryParse(host.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is >= 1 and <= IPEndPoint.MaxPort;
        return hasPort && !isPort ? "a port must be a number from 1 to 65535" : null;
    }

    private static string? FindRefusal(NpgsqlConnectionStringBuilder connection)
    {
        try
        {
            using var source = new NpgsqlDataSourceBuilder(connection.ConnectionString).Build();
            return null;
        }
        catch (Exception exception) when (DatabaseUrlParameters.IsRefusal(exception) || exception is InvalidOperationException or NotSupportedException)
        {
            // The driver's words about a combination have names and numbers. Words about a value may repeat it, so they are left out.
            return exception.GetType() == typeof(ArgumentException) && !exception.Message.Contains('\'')
                ? $"the driver does not support this combination of settings: {exception.Message}"
                : "the driver does not support this combination of settings";
        }
    }
}
