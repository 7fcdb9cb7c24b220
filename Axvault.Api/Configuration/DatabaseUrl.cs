using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text;
using Npgsql;

namespace Axvault.Api.Configuration;

/// <summary>
/// Reads the address of the database: a libpq connection URI (<c>postgresql://user:password@h1:5432,h2/name?sslmode=require</c>) or an Npgsql
/// connection string.
/// </summary>
/// <remarks>Source: PostgreSQL documentation, §32.1.1.2 "Connection URIs" and §32.1.2 "Parameter Key Words".</remarks>
internal static class DatabaseUrl
{
    /// <summary>What is expected, in words for an error message.</summary>
    public const string Expected = "a postgresql:// URL or an Npgsql connection string";

    private const int DefaultPort = 5432;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // libpq key words that mean the same to Npgsql, by the name that Npgsql gives them.
    private static readonly FrozenDictionary<string, string> Renamed = new Dictionary<string, string>
    {
        ["application_name"] = "Application Name",
        ["channel_binding"] = "Channel Binding",
        ["client_encoding"] = "Client Encoding",
        ["connect_timeout"] = "Timeout",
        ["dbname"] = "Database",
        ["gssencmode"] = "GSS Encryption Mode",
        ["keepalives_idle"] = "TCP Keepalive Time",
        ["keepalives_interval"] = "TCP Keepalive Interval",
        ["krbsrvname"] = "Kerberos Service Name",
        ["options"] = "Options",
        ["passfile"] = "Passfile",
        ["password"] = "Password",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["sslnegotiation"] = "SSL Negotiation",
        ["sslpassword"] = "SSL Password",
        ["sslrootcert"] = "Root Certificate",
        ["target_session_attrs"] = "Target Session Attributes",
        ["user"] = "Username",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // The key words whose values are names, by the names that libpq takes: the driver would take any number for one of them.
    private static readonly FrozenDictionary<string, string[]> Choices = new Dictionary<string, string[]>
    {
        ["channel_binding"] = ["disable", "prefer", "require"],
        ["gssencmode"] = ["disable", "prefer", "require"],
        ["keepalives"] = ["0", "1"],
        ["load_balance_hosts"] = ["disable", "random"],
        ["sslmode"] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
        ["sslnegotiation"] = ["postgres", "direct"],
        ["target_session_attrs"] = ["any", "read-write", "read-only", "primary", "standby", "prefer-standby", "prefer-primary"],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Reads <paramref name="text"/>, or says in <paramref name="problem"/> what is wrong, without repeating any of it.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out NpgsqlConnectionStringBuilder? connection, [NotNullWhen(false)] out string? problem)
    {
        try
        {
            connection = IsUrl(text, out var afterScheme) ? FromUrl(afterScheme) : FromConnectionString(text);
            problem = null;
            return true;
        }
        catch (DatabaseUrlException exception)
        {
            (connection, problem) = (null, exception.Message);
            return false;
        }
    }

    private static bool IsUrl(string text, out string afterScheme)
    {
        foreach (var scheme in (ReadOnlySpan<string>)["postgresql://", "postgres://"])
        {
            if (text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            {
                afterScheme = text[scheme.Length..];
                return true;
            }
        }

        if (text.Contains("://", StringComparison.Ordinal) && !text.Contains('=', StringComparison.Ordinal))
        {
            throw new DatabaseUrlException("the scheme must be postgresql:// or postgres://");
        }

        afterScheme = "";
        return false;
    }

    private static NpgsqlConnectionStringBuilder FromConnectionString(string text)
    {
        NpgsqlConnectionStringBuilder connection;
        try
        {
            connection = new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException or InvalidCastException or KeyNotFoundException)
        {
            // The driver's words may repeat a part of the text, the password for one.
            throw new DatabaseUrlException($"expected {Expected}");
        }

        return string.IsNullOrWhiteSpace(connection.Host) ? throw new DatabaseUrlException("the connection string names no host") : Complete(connection);
    }

    /// <summary>Reads <c>[user[:password]@][host[:port][,…]][/dbname][?key=value[&amp;…]]</c>.</summary>
    private static NpgsqlConnectionStringBuilder FromUrl(string rest)
    {
        var connection = new NpgsqlConnectionStringBuilder();
        if (FindUserInfoEnd(rest) is >= 0 and var at)
        {
            (var user, var password) = Cut(rest[..at], ':');
            Set(connection, "Username", Decode(user, "the user"), "the user");
            Set(connection, "Password", Decode(password, "the password"), "the password");
            rest = rest[(at + 1)..];
        }

        (rest, var query) = Cut(rest, '?');
        (var authority, var database) = Cut(rest, '/');
        Set(connection, "Database", Decode(database, "the database name"), "the database name");
        var (hosts, ports) = ReadHosts(authority);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            (var encodedKey, var encodedValue) = Cut(pair, '=');
            var key = Decode(encodedKey, "a parameter's name");
            var value = Decode(encodedValue, "a parameter's value");
            switch (key)
            {
                case "host":
                    hosts = [.. value.Split(',')];
                    break;
                case "port":
                    ports = [.. value.Split(',').Select(ReadPort)];
                    break;
                default:
                    SetParameter(connection, key, value);
                    break;
            }
        }

        SetHosts(connection, hosts, ports);
        SetRootCertificate(connection);
        return Complete(connection);
    }

    // As libpq looks for it: at an @ before any slash, so that ?, # and : need no encoding in a password. Of several @ the last before the
    // hosts end is taken, or the rest of a password with an unencoded @ would become a host, and be printed.
    private static int FindUserInfoEnd(string rest)
    {
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var first = rest.AsSpan(0, slash < 0 ? rest.Length : slash).IndexOf('@');
        if (first < 0)
        {
            return -1;
        }

        var hosts = rest.AsSpan(first);
        var end = hosts.IndexOfAny('/', '?');
        return first + (end < 0 ? hosts : hosts[..end]).LastIndexOf('@');
    }

    private static (List<string> Hosts, List<int> Ports) ReadHosts(string authority)
    {
        List<string> hosts = [];
        List<int> ports = [];
        if (authority.Length > 0)
        {
            foreach (var item in authority.Split(','))
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

                var host = end > 0 ? item[1..end] : Cut(item, ':').Before;
                var port = end > 0 ? item[(end + 1)..] : item[host.Length..];
                if (port.Length > 0 && port[0] != ':')
                {
                    throw new DatabaseUrlException("only a :port may follow an IPv6 address");
                }

                hosts.Add(Decode(host, "the host"));
                ports.Add(port.Length > 1 ? ReadPort(port[1..]) : DefaultPort);
            }
        }

        return (hosts, ports);
    }

    private static int ReadPort(string text) => text.Length == 0
        ? DefaultPort
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535
            ? port
            : throw new DatabaseUrlException("a port must be a number from 1 to 65535");

    private static void SetHosts(NpgsqlConnectionStringBuilder connection, List<string> hosts, List<int> ports)
    {
        if (hosts.Count == 0)
        {
            hosts = [.. Enumerable.Repeat("localhost", Math.Max(1, ports.Count))];
        }

        ports = ports.Count switch
        {
            0 => [.. Enumerable.Repeat(DefaultPort, hosts.Count)],
            1 => [.. Enumerable.Repeat(ports[0], hosts.Count)],
            _ when ports.Count == hosts.Count => ports,
            _ => throw new DatabaseUrlException("there must be one port, or one for each host"),
        };

        hosts = [.. hosts.Select(static host => host.Length == 0 ? "localhost" : host)];
        if (hosts.Count == 1)
        {
            (connection.Host, connection.Port) = (hosts[0], ports[0]);
            return;
        }

        if (hosts.Any(static host => host.StartsWith('/')))
        {
            throw new DatabaseUrlException("a unix socket cannot be one of several hosts");
        }

        connection.Host = string.Join(',', hosts.Zip(ports, static (host, port) => host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{port}" : $"{host}:{port}"));
    }

    private static void SetParameter(NpgsqlConnectionStringBuilder connection, string key, string value)
    {
        if (Choices.TryGetValue(key, out var choices) && !choices.Contains(value))
        {
            throw new DatabaseUrlException($"{key} must be one of {string.Join(", ", choices)}");
        }

        switch (key)
        {
            // The JDBC spelling, which libpq understands as well.
            case "ssl" when value == "true":
                connection.SslMode = SslMode.Require;
                break;
            case "fallback_application_name":
                connection.ApplicationName ??= value;
                break;
            // The same names without hyphens are the driver's.
            case "sslmode":
                Set(connection, "SSL Mode", value.Replace("-", "", StringComparison.Ordinal), key);
                break;
            case "require_auth":
                Set(connection, "Require Auth", string.Join(',', value.Split(',').Select(AuthenticationMethod)), key);
                break;
            case "load_balance_hosts":
                connection.LoadBalanceHosts = value == "random";
                break;
            case "keepalives":
                connection.TcpKeepAlive = value == "1";
                break;
            case "connect_timeout" when value == "0":
                connection.Timeout = 0;
                break;
            default:
                Set(connection, Renamed.TryGetValue(key, out var name) ? name : throw new DatabaseUrlException(Unknown(key)), value, key);
                break;
        }
    }

    // An exclamation mark before a method forbids it.
    private static string AuthenticationMethod(string method) => method switch
    {
        ['!', .. var forbidden] => $"!{AuthenticationMethod(forbidden)}",
        "password" => "Password",
        "md5" => "MD5",
        "gss" => "GSS",
        "sspi" => "SSPI",
        "scram-sha-256" => "ScramSHA256",
        "none" => "None",
        _ => throw new DatabaseUrlException("require_auth must name methods among password, md5, gss, sspi, scram-sha-256 and none"),
    };

    // What libpq makes of a root certificate: one that is given is checked against under "require" too, which the driver would leave out, and the
    // system's certificates, the driver's default, call for the full check.
    private static void SetRootCertificate(NpgsqlConnectionStringBuilder connection)
    {
        if (connection.RootCertificate == "system")
        {
            if (connection.ShouldSerialize("SSL Mode") && connection.SslMode != SslMode.VerifyFull)
            {
                throw new DatabaseUrlException("sslrootcert=system goes with sslmode=verify-full only");
            }

            connection.RootCertificate = null;
            connection.SslMode = SslMode.VerifyFull;
        }
        else if (connection is { RootCertificate: not null, SslMode: SslMode.Require })
        {
            connection.SslMode = SslMode.VerifyCA;
        }
    }

    // A name is repeated only when it looks like one: a mistyped URL may put a piece of a password there.
    private static string Unknown(string key) => key.Length is > 0 and <= 32 && key.All(static c => char.IsAsciiLetterLower(c) || c == '_')
        ? $"the parameter {key} is not supported"
        : "it has a parameter that is not supported";

    private static void Set(NpgsqlConnectionStringBuilder connection, string name, string value, string where)
    {
        if (value.Length == 0)
        {
            return;
        }

        try
        {
            connection[name] = value;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException or InvalidCastException or KeyNotFoundException)
        {
            throw new DatabaseUrlException($"{where} has a value that is not supported");
        }
    }

    private static NpgsqlConnectionStringBuilder Complete(NpgsqlConnectionStringBuilder connection)
    {
        if (connection.PersistSecurityInfo || connection.IncludeErrorDetail || connection.LogParameters)
        {
            throw new DatabaseUrlException("Persist Security Info, Include Error Detail and Log Parameters would print secrets: leave them out");
        }

        if (connection.TargetSessionAttributes is not (null or "any") && connection.Host?.StartsWith('/') == true)
        {
            throw new DatabaseUrlException("the kind of server (target_session_attrs) cannot be chosen behind a unix socket");
        }

        // Written down for the driver, it would be lost: a password, for one, would silently be another.
        if (connection.Values.Cast<object?>().Any(static value => value is string text && text.EndsWith('\n')))
        {
            throw new DatabaseUrlException("a value that ends in a line break is not supported");
        }

        // A host is printed. What is not one, such as the "h user=u password=p" of a libpq keyword string, may hold more than a host.
        if (!connection.Host!.StartsWith('/') && !connection.Host.All(static c => char.IsLetterOrDigit(c) || c is '.' or '-' or '_' or ':' or ',' or '[' or ']' or '%'))
        {
            throw new DatabaseUrlException($"the host has a character that no host has (expected {Expected})");
        }

        connection.ApplicationName ??= "axvault";
        return connection;
    }

    private static (string Before, string After) Cut(string text, char separator) =>
        text.IndexOf(separator, StringComparison.Ordinal) is >= 0 and var at ? (text[..at], text[(at + 1)..]) : (text, "");

    /// <summary>Undoes the percent-encoding of RFC 3986 §2.1, as strictly as libpq: two hexadecimal digits, never NUL; and UTF-8, which the driver sends.</summary>
    private static string Decode(string text, string where)
    {
        for (var i = text.IndexOf('%', StringComparison.Ordinal); i >= 0; i = text.IndexOf('%', i + 1))
        {
            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
            {
                throw new DatabaseUrlException($"{where} has a broken percent-encoding (write % as %25)");
            }
        }

        try
        {
            // A plus is a plus here; only in a form it is a space.
            var encoded = StrictUtf8.GetBytes(text.Replace("+", "%2B", StringComparison.Ordinal));
            var decoded = StrictUtf8.GetString(WebUtility.UrlDecodeToBytes(encoded, 0, encoded.Length));
            return decoded.Contains('\0', StringComparison.Ordinal) ? throw new DatabaseUrlException($"{where} has a NUL in it") : decoded;
        }
        catch (ArgumentException)
        {
            throw new DatabaseUrlException($"{where} is not UTF-8");
        }
    }

    private sealed class DatabaseUrlException(string message) : Exception(message);
}
