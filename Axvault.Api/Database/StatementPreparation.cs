using Npgsql;

namespace Axvault.Api.Database;

/// <summary>
/// Prepares the statements that run most, on the connection that runs them: parsing and planning take longer than running. Some proxies do not keep prepared
/// statements (PgBouncer before 1.21 in transaction mode). The first failure shows that, and from then on nothing is prepared.
/// </summary>
internal sealed partial class StatementPreparation(ILogger<StatementPreparation> logger)
{
    private volatile bool _isOn = true;

    /// <summary>Prepares <paramref name="batch"/>, unless that is in vain. A batch that was prepared on its connection costs nothing.</summary>
    public Task PrepareAsync(NpgsqlBatch batch, CancellationToken cancellationToken) => _isOn ? batch.PrepareAsync(cancellationToken) : Task.CompletedTask;

    /// <summary>Prepares <paramref name="command"/>, unless that is in vain.</summary>
    public Task PrepareAsync(NpgsqlCommand command, CancellationToken cancellationToken) =>
        _isOn ? command.PrepareAsync(cancellationToken) : Task.CompletedTask;

    /// <summary>Runs a prepared statement on a connection of its own, and again when it failed only because it was prepared.</summary>
    /// <param name="database">The database.</param>
    /// <param name="sql">The statement.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="read">Reads its result.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    public async Task<T> RunAsync<T>(
        NpgsqlDataSource database,
        string sql,
        IReadOnlyList<NpgsqlParameter> parameters,
        Func<NpgsqlDataReader, Task<T>> read,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await RunOnceAsync();
        }
        catch (PostgresException exception) when (IsLost(exception))
        {
            return await RunOnceAsync();
        }

        async Task<T> RunOnceAsync()
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            await using var command = new NpgsqlCommand(sql, connection);
            foreach (var parameter in parameters)
            {
                command.Parameters.Add(parameter.Clone());
            }

            await PrepareAsync(command, cancellationToken);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            return await read(reader);
        }
    }

    /// <summary>
    /// Returns <see langword="true"/> when a statement failed only because it was prepared, and may be sent again; otherwise <see langword="false"/>.
    /// </summary>
    public bool IsLost(Exception exception)
    {
        // The statement is missing, or belongs to another client of the proxy.
        if (
            exception
            is not PostgresException
            {
                SqlState: PostgresErrorCodes.InvalidSqlStatementName
                    or PostgresErrorCodes.DuplicatePreparedStatement
                    or PostgresErrorCodes.ProtocolViolation
            } refusal
        )
        {
            return false;
        }

        if (_isOn)
        {
            _isOn = false;
            Log.NotPrepared(logger, refusal.MessageText);
        }

        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Information,
            "Statements are not prepared any more: a proxy in front of the database does not keep prepared statements ({Reason})"
        )]
        public static partial void NotPrepared(ILogger logger, string reason);
    }
}
