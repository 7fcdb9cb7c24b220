using System.Text;
using Axvault.Api.Database;

namespace Axvault.Fuzz.Targets;

/// <summary>
/// Database URLs. The byte 1 stands for a word that occurs nowhere else. An error does not repeat it, and an address does not print it as a password.
/// </summary>
internal sealed class DatabaseUrlTarget : FuzzTarget
{
    private const string Canary = "zqCanaryqz";

    /// <inheritdoc />
    public override string Name => "database-url";

    /// <inheritdoc />
    public override IReadOnlyList<string> Tokens =>
        [
            "\u0001",
            "postgresql://",
            "postgres://",
            "u:\u0001@",
            "h1:5432,h2:5433",
            "[::1]",
            "%2Fvar%2Frun",
            "/db",
            "?",
            "&",
            "sslmode=",
            "verify-full",
            "target_session_attrs=",
            "read-write",
            "host=",
            "port=",
            "password=\u0001",
            "Host=",
            ";Password=\u0001",
            ";Port=",
            ";SSL Mode=",
            ";Maximum Pool Size=",
            "Persist Security Info=true",
            "connect_timeout=",
            "keepalives=",
            "options=",
            "load_balance_hosts=",
            "hostaddr=",
            "schema=",
            "user=",
            "dbname=",
            "application_name=",
        ];

    /// <inheritdoc />
    public override void Run(ReadOnlySpan<byte> input)
    {
        var text = Encoding.UTF8.GetString(input).Replace("\u0001", Canary, StringComparison.Ordinal);
        if (!DatabaseUrl.TryParse(text, out var connection, out _, out var problem))
        {
            Holds(!problem.Contains(Canary, StringComparison.Ordinal), "an error repeats no value");
            return;
        }

        Holds(
            DatabaseUrl.TryParse(connection.ConnectionString, out var again, out _, out _) && again.ConnectionString == connection.ConnectionString,
            "a written address is read back"
        );
        var address = new DatabaseAddress(connection);
        Holds(address.ToString() == address.Description && address.Description.Length > 0, "an address prints its description");
        Holds(
            string.IsNullOrEmpty(connection.Password) || !Has(connection.Password) || Has(connection.Host!) || !Has(address.Description),
            "a description has no password"
        );
    }

    private static bool Has(string text) => text.Contains(Canary, StringComparison.Ordinal);
}
