using System.Diagnostics.CodeAnalysis;
using Npgsql;
using static Axvault.Api.Database.DatabaseUrlText;

namespace Axvault.Api.Database;

/// <summary>
/// Reads the address of the database: a libpq connection URI (<c>postgresql://user:password@h1:5432,h2/name?sslmode=require</c>) or an Npgsql
/// connection string.
/// </summary>
/// <remarks>Source: PostgreSQL documentation, §32.1.1.2 "Connection URIs".</remarks>
internal static class DatabaseUrl
{
    /// <summary>The expected forms, for an error message.</summary>
    public const string Expected = "a postgresql:// URL or an Npgsql connection string";

    /// <summary>Reads an address.</summary>
    /// <param name="text">The address.</param>
    /// <param name="connection">The settings of the driver, or <see langword="null"/> after a problem.</param>
    /// <param name="ignored">The names of the parameters that were ignored, each once and sorted.</param>
    /// <param name="problem">The problem, which repeats no value, or <see langword="null"/>.</param>
    /// <returns><see langword="true"/> when the address is valid; otherwise <see langword="false"/>.</returns>
    public static bool TryParse(
        string text,
        [NotNullWhen(true)] out NpgsqlConnectionStringBuilder? connection,
        out IReadOnlyList<string> ignored,
        [NotNullWhen(false)] out string? problem
    )
    {
        try
        {
            ignored = [];
            connection = IsUrl(text, out var afterScheme) ? FromUrl(afterScheme, out ignored) : FromConnectionString(text);
            problem = null;
            return true;
        }
        catch (DatabaseUrlException exception)
        {
            (connection, ignored, problem) = (null, [], exception.Message);
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
        catch (Exception exception) when (DatabaseUrlParameters.IsRefusal(exception))
        {
            // The driver's words may repeat a part of the text, such as the password.
            throw new DatabaseUrlException($"expected {Expected}");
        }

        return string.IsNullOrWhiteSpace(connection.Host) ? throw new DatabaseUrlException("the connection string names no host") : Complete(connection);
    }

    /// <summary>Reads <c>[user[:password]@][host[:port][,…]][/dbname][?key=value[&amp;…]]</c>.</summary>
    private static NpgsqlConnectionStringBuilder FromUrl(string rest, out IReadOnlyList<string> ignored)
    {
        var connection = new NpgsqlConnectionStringBuilder();
        if (FindUserInfoEnd(rest) is >= 0 and var at)
        {
            (var user, var password) = Cut(rest[..at], ':');
            DatabaseUrlParameters.Set(connection, "Username", Decode(user, "the user"), "the user");
            DatabaseUrlParameters.Set(connection, "Password", Decode(password, "the password"), "the password");
            rest = rest[(at + 1)..];
        }

        RefuseSlashInPassword(rest);
        (rest, var query) = Cut(rest, '?');
        (var authority, var database) = Cut(rest, '/');
        DatabaseUrlParameters.Set(connection, "Database", Decode(database, "the database name"), "the database name");
        var hosts = DatabaseUrlHosts.Read(authority);
        var others = new List<(string Key, string Value)>();
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            (var encodedKey, var encodedValue) = Cut(pair, '=');
            var (key, value) = (Decode(encodedKey, "a parameter's name"), Decode(encodedValue, "a parameter's value"));
            if (!hosts.TryTake(key, value))
            {
                others.Add((key, value));
            }
        }

        var dropped = DatabaseUrlParameters.Apply(connection, others);
        if (hosts.Apply(connection))
        {
            dropped = [.. dropped, "hostaddr"];
        }

        ignored = [.. dropped.Distinct().Order(StringComparer.Ordinal)];
        return Complete(connection);
    }

    // A slash ends the hosts, so the start of a password with a slash would become a host or a port, and hosts are printed.
    private static void RefuseSlashInPassword(string rest)
    {
        (var authority, var path) = Cut(rest, '/');
        var hosts = authority[(authority.LastIndexOf('@') + 1)..];
        var isPort = Cut(hosts, ':').After.All(char.IsAsciiDigit) || hosts.Contains(',', StringComparison.Ordinal) || hosts.StartsWith('[');
        var at = path.LastIndexOf('@');
        var query = hosts.Contains('?', StringComparison.Ordinal) ? 0 : path.IndexOf('?', StringComparison.Ordinal);
        if (at >= 0 && (!isPort || (path.IndexOf('/', at) >= 0 && (query < 0 || at < query))))
        {
            throw new DatabaseUrlException("a / in the user or the password must be written as %2F (and an @ in the database's name as %40)");
        }
    }

    // As in libpq, the user information ends at an @ before any slash, so ?, # and : need no encoding in a password. Of several @ the last before the hosts'
    // end counts: otherwise the rest of a password with an unencoded @ would become a host, and hosts are printed.
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

        // The driver drops a final line break when it writes the connection string. A password would silently become another one.
        if (connection.Values.Cast<object?>().Any(static value => value is string text && text.EndsWith('\n')))
        {
            throw new DatabaseUrlException("a value that ends in a line break is not supported");
        }

        // Hosts are printed. A malformed one, such as the "h user=u password=p" of a libpq keyword string, may hold a secret.
        if (
            !connection.Host!.StartsWith('/')
            && !connection.Host.All(static c => char.IsLetterOrDigit(c) || c is '.' or '-' or '_' or ':' or ',' or '[' or ']' or '%')
        )
        {
            throw new DatabaseUrlException($"the host has a character that no host has (expected {Expected})");
        }

        connection.ApplicationName ??= "axvault";
        return connection;
    }
}
