using Npgsql;

namespace Axvault.Api.Startup;

/// <summary>Reads the kind of the database.</summary>
internal static class DatabaseKindStore
{
    /// <summary>Returns the kind of the database of <paramref name="connection"/>. Every version of PostgreSQL has these settings.</summary>
    public static async Task<DatabaseKind> FindAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select current_setting('server_version_num')::int, current_setting('server_version'), pg_is_in_recovery(),
              current_setting('default_transaction_read_only')::bool
            """,
            connection
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new DatabaseKind(reader.GetInt32(0), reader.GetString(1), reader.GetBoolean(2), reader.GetBoolean(3));
    }
}
