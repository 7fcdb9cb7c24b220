using System.Collections.Frozen;
using Npgsql;

namespace Axvault.Api.Database;

/// <summary>The parameters of a connection URI, by the names of libpq and of managed databases.</summary>
/// <remarks>
/// A parameter that would make the connection less safe if it were ignored is honoured or refused.
/// Source: PostgreSQL documentation, §32.1.2 "Parameter Key Words".
/// </remarks>
internal static class DatabaseUrlParameters
{
    private static readonly FrozenDictionary<string, Parameter> Known = new Dictionary<string, Parameter>
    {
        ["application_name"] = new("Application Name"),
        ["channel_binding"] = new("Channel Binding", ["disable", "prefer", "require"]),
        ["client_encoding"] = new("Client Encoding"),
        ["connect_timeout"] = new("Timeout"),
        // Prisma's name for the size of the pool.
        ["connection_limit"] = new("Maximum Pool Size"),
        ["dbname"] = new("Database"),
        ["keepalives"] = new("TCP Keepalive", ["0", "1"], static value => value == "1" ? "true" : "false"),
        ["keepalives_count"] = Parameter.Ignored,
        ["keepalives_idle"] = new("TCP Keepalive Time"),
        ["keepalives_interval"] = new("TCP Keepalive Interval"),
        ["load_balance_hosts"] = new("Load Balance Hosts", ["disable", "random"], static value => value == "random" ? "true" : "false"),
        ["options"] = new("Options"),
        ["password"] = new("Password"),
        ["pgbouncer"] = Parameter.Ignored,
        ["pool_timeout"] = Parameter.Ignored,
        // Every statement of Axvault names its schema.
        ["schema"] = Parameter.Ignored,
        ["sslcert"] = new("SSL Certificate"),
        ["sslkey"] = new("SSL Key"),
        // The driver's names of the modes have no hyphens.
        ["sslmode"] = new(
            "SSL Mode",
            ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
            static value => value.Replace("-", "", StringComparison.Ordinal)
        ),
        ["sslnegotiation"] = new("SSL Negotiation", ["postgres", "direct"]),
        ["sslpassword"] = new("SSL Password"),
        ["sslrootcert"] = new("Root Certificate"),
        ["sslsni"] = Parameter.Ignored,
        ["target_session_attrs"] = new(
            "Target Session Attributes",
            ["any", "read-write", "read-only", "primary", "standby", "prefer-standby", "prefer-primary"]
        ),
        ["tcp_user_timeout"] = Parameter.Ignored,
        ["user"] = new("Username"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Writes <paramref name="parameters"/> to <paramref name="connection"/>.</summary>
    /// <returns>The names of the parameters that were ignored.</returns>
    /// <exception cref="DatabaseUrlException">A parameter is unknown or has a wrong value.</exception>
    public static IReadOnlyList<string> Apply(NpgsqlConnectionStringBuilder connection, IEnumerable<(string Key, string Value)> parameters)
    {
        var ignored = new List<string>();
        var requiresTls = false;
        foreach (var (key, value) in parameters)
        {
            switch (key)
            {
                case "ssl":
                    requiresTls = value == "true" ? true : throw new DatabaseUrlException("ssl must be true, or be left out");
                    break;
                case "fallback_application_name":
                    connection.ApplicationName ??= value;
                    break;
                default:
                    var parameter = Known.TryGetValue(key, out var known) ? known : throw new DatabaseUrlException(Unknown(key));
                    Apply(connection, key, value, parameter, ignored);
                    break;
            }
        }

        // A stricter sslmode stays, in whichever order the two are given.
        if (requiresTls && connection.SslMode < SslMode.Require)
        {
            connection.SslMode = SslMode.Require;
        }

        CompleteKeepalives(connection);
        SetRootCertificate(connection);
        return ignored;
    }

    /// <summary>Sets a setting of the driver. An empty value counts as unset.</summary>
    /// <param name="connection">The settings of the driver.</param>
    /// <param name="name">The driver's name of the setting.</param>
    /// <param name="value">The value.</param>
    /// <param name="where">The name of the value's place in the URL, for an error message.</param>
    /// <exception cref="DatabaseUrlException">The driver refuses the value.</exception>
    public static void Set(NpgsqlConnectionStringBuilder connection, string name, string value, string where)
    {
        if (value.Length == 0)
        {
            return;
        }

        try
        {
            connection[name] = value;
        }
        catch (Exception exception) when (IsRefusal(exception))
        {
            throw new DatabaseUrlException($"{where} has a value that is not supported");
        }
    }

    /// <summary>Returns <see langword="true"/> if the driver throws <paramref name="exception"/> for a bad value; otherwise <see langword="false"/>.</summary>
    public static bool IsRefusal(Exception exception) =>
        exception is ArgumentException or FormatException or OverflowException or InvalidCastException or KeyNotFoundException;

    private static void Apply(NpgsqlConnectionStringBuilder connection, string key, string value, Parameter parameter, List<string> ignored)
    {
        // The driver would accept any number for a name.
        if (parameter.Choices is { } choices && !choices.Contains(value))
        {
            throw new DatabaseUrlException($"{key} must be one of {string.Join(", ", choices)}");
        }

        if (parameter.Setting is null)
        {
            ignored.Add(key);
            return;
        }

        Set(connection, parameter.Setting, parameter.Translate?.Invoke(value) ?? value, key);
    }

    // The driver refuses an interval without a time, and takes a time as a wish for probes. libpq has the system's time by default.
    private static void CompleteKeepalives(NpgsqlConnectionStringBuilder connection)
    {
        const int LinuxDefaultSeconds = 7200;
        if (connection.ShouldSerialize("TCP Keepalive") && !connection.TcpKeepAlive)
        {
            (connection.TcpKeepAliveTime, connection.TcpKeepAliveInterval) = (0, 0);
        }
        else if (connection is { TcpKeepAliveInterval: > 0, TcpKeepAliveTime: 0 })
        {
            connection.TcpKeepAliveTime = LinuxDefaultSeconds;
        }
    }

    // As in libpq: "require" with a root certificate verifies it, and the system's certificates require the full check. The driver does neither.
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
    private static string Unknown(string key) =>
        key.Length is > 0 and <= 32 && key.All(static c => char.IsAsciiLetterLower(c) || c == '_')
            ? $"the parameter {key} is not supported"
            : "it has a parameter that is not supported";

    // Setting: the driver's name; null ignores the parameter. Choices: the values that libpq accepts; null leaves the check to the driver.
    private sealed record Parameter(string? Setting, string[]? Choices = null, Func<string, string>? Translate = null)
    {
        public static readonly Parameter Ignored = new((string?)null);
    }
}
