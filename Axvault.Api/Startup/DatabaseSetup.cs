using Axvault.Api.Database;
using Npgsql;

namespace Axvault.Api.Startup;

/// <summary>The database at the start of a server: waited for, migrated, and its refusals in words.</summary>
internal sealed class DatabaseSetup(DatabaseWait database, Migrator migrator, DatabaseOptions options)
{
    /// <summary>The address of the database, without its password.</summary>
    public string Description => options.Address.Description;

    /// <summary>Waits for the database and runs every migration.</summary>
    /// <returns>The number of migrations.</returns>
    /// <exception cref="ServerStartupException">The database does not answer, or refuses the connection.</exception>
    public async Task<int> MigrateAsync(CancellationToken cancellationToken)
    {
        await database.WaitAsync(cancellationToken);
        return await migrator.MigrateAsync(cancellationToken);
    }

    /// <summary>Returns the reason for an end of the start, which <paramref name="exception"/> caused.</summary>
    public ServerStartupException Explain(NpgsqlException exception) =>
        exception is PostgresException refusal
            ? new($"The database at {options.Address} refuses to be set up: {refusal.MessageText} ({refusal.SqlState}). {Advice(refusal)}", refusal)
            : new($"The database at {options.Address} was lost while the server started: {exception.Message}", exception);

    private static string Advice(PostgresException exception) =>
        exception.SqlState switch
        {
            PostgresErrorCodes.InsufficientPrivilege => "Its user needs the right to create the schema: grant create on database … to … "
                + "When the schema is there, this is enough: grant usage, create on schema axvault to …",
            PostgresErrorCodes.ReadOnlySqlTransaction => "It became a standby, or default_transaction_read_only is on.",
            _ => "Nothing was served.",
        };
}
