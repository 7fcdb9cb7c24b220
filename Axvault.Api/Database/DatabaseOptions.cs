using Axvault.Api.Settings;
using Npgsql;

namespace Axvault.Api.Database;

/// <summary>The settings of the database.</summary>
internal sealed record DatabaseOptions
{
    /// <summary>The name under which Aspire injects the database's connection string.</summary>
    public const string ConnectionName = "vaultdb";

    public static readonly Setting UrlSetting = new(
        "AXVAULT_DATABASE_URL",
        "--database-url",
        "postgresql://localhost:5432/axvault",
        "PostgreSQL: a libpq URL or an Npgsql connection string."
    );

    public static readonly Setting PasswordFileSetting = new(
        "AXVAULT_DATABASE_PASSWORD_FILE",
        null,
        null,
        "File that holds the password of the database's user, for a URL without one."
    );

    public static readonly Setting WaitSetting = new(
        "AXVAULT_DATABASE_WAIT",
        "--database-wait",
        "60",
        "Time that a start waits for a database that is not there yet, in seconds."
    );

    private static readonly (string Variable, string Keyword)[] DriverVariables =
    [
        ("PGPASSFILE", "Passfile"),
        ("PGSSLCERT", "SSL Certificate"),
        ("PGSSLKEY", "SSL Key"),
        ("PGSSLROOTCERT", "Root Certificate"),
        ("PGSSLNEGOTIATION", "SSL Negotiation"),
        ("PGGSSENCMODE", "GSS Encryption Mode"),
        ("PGREQUIREAUTH", "Require Auth"),
        ("PGTARGETSESSIONATTRS", "Target Session Attributes"),
        ("PGCLIENTENCODING", "Client Encoding"),
    ];

    /// <summary>The address of the database.</summary>
    public required DatabaseAddress Address { get; init; }

    /// <summary>The names of the URL's parameters that have no effect, for a warning.</summary>
    public required IReadOnlyList<string> IgnoredParameters { get; init; }

    /// <summary>The time that a start waits for a database that does not answer yet.</summary>
    public required TimeSpan Wait { get; init; }

    /// <summary>Reads the settings; <see langword="null"/> after a problem.</summary>
    public static DatabaseOptions? Read(SettingReader settings)
    {
        var wait = settings.Seconds(WaitSetting, 0, TimeSpan.FromHours(1));
        return ReadAddress(settings, out var ignored) is { } address
            ? new DatabaseOptions
            {
                Address = address,
                IgnoredParameters = ignored,
                Wait = wait,
            }
            : null;
    }

    private static DatabaseAddress? ReadAddress(SettingReader settings, out IReadOnlyList<string> ignored)
    {
        var (name, text) = Source(settings);
        var password = settings.Value(PasswordFileSetting) is { } path ? ReadPasswordFile(settings, path) : null;
        if (!DatabaseUrl.TryParse(text, out var connection, out ignored, out var problem))
        {
            settings.Problem(name, problem);
            return null;
        }

        if (password is not null && connection.Password is not null)
        {
            settings.Problem($"{name} and {PasswordFileSetting}", "give the password in one of the two, not in both");
            return null;
        }

        // The driver takes the variable as it stands, with a line break that a secret store added.
        connection.Password = password ?? connection.Password ?? (settings.Configuration["PGPASSWORD"] is { Length: > 0 } given ? SecretText.Cut(given) : null);
        var address = new DatabaseAddress(connection);
        return Check(settings, name, address) ? address : null;
    }

    // The driver also reads variables of libpq, for what the URL leaves open.
    private static bool Check(SettingReader settings, string name, DatabaseAddress address)
    {
        var connection = new NpgsqlConnectionStringBuilder(address.Reveal());
        List<string> names = [name];
        foreach (var (variable, keyword) in DriverVariables)
        {
            if (settings.Configuration[variable] is not { Length: > 0 } value || connection.ShouldSerialize(keyword))
            {
                continue;
            }

            try
            {
                DatabaseUrlParameters.Set(connection, keyword, value, "it");
                names.Add(variable);
            }
            catch (DatabaseUrlException exception)
            {
                settings.Problem(variable, exception.Message);
                return false;
            }
        }

        if (DatabaseCheck.Find(connection) is not { } problem)
        {
            return true;
        }

        settings.Problem(string.Join(" and ", names), problem);
        return false;
    }

    private static (string Name, string Text) Source(SettingReader settings)
    {
        var given = settings.Configuration[UrlSetting.Variable];
        var injected = settings.Configuration.GetConnectionString(ConnectionName);
        return given is { Length: > 0 } ? (UrlSetting.ToString(), SecretText.Cut(given))
            : injected is { Length: > 0 } ? ($"ConnectionStrings__{ConnectionName}", SecretText.Cut(injected))
            : (UrlSetting.ToString(), UrlSetting.Default!);
    }

    private static string? ReadPasswordFile(SettingReader settings, string path)
    {
        var password = settings.SecretFile(PasswordFileSetting.ToString(), path);
        if (password is null || (password.Length > 0 && !password.AsSpan().ContainsAny('\n', '\0')))
        {
            return password;
        }

        settings.Problem(PasswordFileSetting, "expected a file of one line, the password");
        return null;
    }
}
