using System.Reflection;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Database;

/// <summary>
/// Brings the schema up to date: runs every numbered SQL file, in order, at every start. Each file can run again, in a transaction of its own that holds the
/// schema's advisory lock, so any number of servers may start at once.
/// </summary>
/// <remarks>
/// The lock belongs to the transaction. It works behind a transaction-pooling proxy and ends with the process that held it. PostgreSQL takes it from a frozen
/// process (<see cref="LockLimit"/>).
/// </remarks>
internal sealed partial class Migrator(NpgsqlDataSource database, ILogger<Migrator> logger)
{
    /// <summary>The key of the advisory lock under which the schema and the vault's own rows are written.</summary>
    public const long AdvisoryLock = 0x6178_7661_756c_7401; // "axvault", 1

    /// <summary>Runs every migration, unless the tables belong to another role: a role that only serves changes no schema.</summary>
    /// <returns>The number of migrations.</returns>
    /// <exception cref="NpgsqlException">The database does not answer, or refuses.</exception>
    public async Task<int> MigrateAsync(CancellationToken cancellationToken)
    {
        if (await IsOfOtherRoleAsync(cancellationToken))
        {
            Log.SchemaOfOtherRole(logger);
            return 0;
        }

        var files = Files();
        foreach (var file in files)
        {
            await RunAsync(file, cancellationToken);
        }

        Log.SchemaIsCurrent(logger, files.Count);
        return files.Count;
    }

    /// <summary>Waits for the lock, and holds it until <paramref name="transaction"/> ends.</summary>
    public static async Task LockAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"select pg_advisory_xact_lock($1), {LockLimit.OfSchema}", transaction.Connection, transaction)
        {
            // Another server's migration may take long. A shutdown still ends the wait.
            CommandTimeout = 0,
            Parameters =
            {
                new NpgsqlParameter<long> { TypedValue = AdvisoryLock, NpgsqlDbType = NpgsqlDbType.Bigint },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<bool> IsOfOtherRoleAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            select exists (
              select from pg_class c join pg_namespace n on n.oid = c.relnamespace
              where n.nspname = 'axvault' and c.relname = 'serving_role' and not pg_has_role(c.relowner, 'member'))
            """
        );
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    // The names start with four digits, so their ordinal order is the order to run them in.
    private static List<string> Files() =>
        [
            .. typeof(Migrator)
                .Assembly.GetManifestResourceNames()
                .Where(static name => name.EndsWith(".sql", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];

    private async Task RunAsync(string file, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LockAsync(transaction, cancellationToken);
        Log.Running(logger, file);
        await using var command = new NpgsqlCommand(await ReadAsync(file, cancellationToken), connection, transaction) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<string> ReadAsync(string file, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(file)!);
        return await reader.ReadToEndAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Running migration {File}")]
        public static partial void Running(ILogger logger, string file);

        [LoggerMessage(LogLevel.Information, "The schema belongs to another role, which migrates it: this server only serves")]
        public static partial void SchemaOfOtherRole(ILogger logger);

        [LoggerMessage(LogLevel.Information, "The schema is current: {Count} migrations have run")]
        public static partial void SchemaIsCurrent(ILogger logger, int count);
    }
}
