using Axvault.Api.Audit.Chain;
using Axvault.Api.Confirmation;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Audit;

/// <summary>
/// Appends to the audit chain in PostgreSQL, on a connection that is kept for it: what is prepared there stays so, and nothing is reset in between.
/// One call at a time.
/// </summary>
internal sealed partial class AuditAppendStore(NpgsqlDataSource database, ILogger<AuditAppendStore> logger) : IAsyncDisposable
{
    /// <summary>The SQLSTATE of an append that would move a note into the chain a second time.</summary>
    public const string AlreadyChained = "AXV01";

    /// <summary>In seconds. What waits for an append waits no longer than that.</summary>
    public const int Timeout = 5;

    private const string Sql =
        """
        select appended, head_seq, head_at, head_mac, clock, stale_keys, stale_credentials
        from axvault.audit_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
        """;

    private NpgsqlConnection? _connection;
    private bool _prepares = true;

    /// <summary>
    /// Appends <paramref name="entries"/> to the chain, when its head is still <paramref name="head"/> and every row that <paramref name="confirmations"/> name
    /// is stored as it was read.
    /// </summary>
    /// <param name="head">What the entries are bound to.</param>
    /// <param name="entries">The entries, at least one.</param>
    /// <param name="notes">The notes that are moved into the chain by it.</param>
    /// <param name="confirmations">What the requests that the entries tell of were decided by, from memory.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    /// <exception cref="PostgresException">With <see cref="AlreadyChained"/>: one of the notes is in the chain already.</exception>
    public async Task<AppendResult> AppendAsync(
        ChainHead head, IReadOnlyList<ChainedEntry> entries, Guid[] notes, IEnumerable<Confirmations> confirmations, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(entries);

        _connection ??= await database.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(Sql, _connection) { CommandTimeout = Timeout };
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = head.Sequence });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = head.At });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = head.Mac });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = notes });
        AddMarks(command, confirmations);
        Add(command, entries, static entry => entry.Sequence);
        Add(command, entries, static entry => entry.At);
        AddText(command, entries, static entry => entry.Action);
        AddText(command, entries, static entry => entry.Outcome);
        AddText(command, entries, static entry => entry.KeyId);
        AddText(command, entries, static entry => entry.KeyName);
        AddText(command, entries, static entry => entry.Target);
        AddText(command, entries, static entry => entry.ClientAddress);
        AddText(command, entries, static entry => entry.UserAgent);
        AddText(command, entries, static entry => entry.RequestId);
        AddText(command, entries, static entry => entry.TraceId);
        AddText(command, entries, static entry => entry.Reason);
        AddText(command, entries, static entry => entry.Server);
        Add(command, entries, static entry => entry.ChainKey.ToArray());
        Add(command, entries, static entry => entry.Mac);
        try
        {
            return await ExecuteAsync(command, cancellationToken);
        }
        catch (Exception exception) when (exception is not PostgresException { SqlState: AlreadyChained })
        {
            // Whatever state it is in, another one is in none.
            await ReleaseAsync();
            throw;
        }
    }

    /// <summary>Gives the connection back to the pool, which closes those that nobody uses: what lies between here and the database forgets them in time.</summary>
    public async ValueTask ReleaseAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync();
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ReleaseAsync();

    private static async Task<AppendResult> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new AppendResult(
            reader.GetBoolean(0),
            reader.IsDBNull(1) ? null : AuditHeadStore.ReadHead(reader, 1),
            reader.GetFieldValue<DateTimeOffset>(4),
            reader.IsDBNull(5) ? [] : reader.GetFieldValue<string[]>(5),
            reader.IsDBNull(6) ? [] : reader.GetFieldValue<Guid[]>(6));
    }

    private static void Add<T>(NpgsqlCommand command, IReadOnlyList<ChainedEntry> entries, Func<ChainedEntry, T> column) =>
        command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = ToArray(entries, column) });

    private static void AddText(NpgsqlCommand command, IReadOnlyList<ChainedEntry> entries, Func<AuditEntry, string?> column) =>
        command.Parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = ToArray(entries, entry => column(entry.Entry)), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });

    private static T[] ToArray<T>(IReadOnlyList<ChainedEntry> entries, Func<ChainedEntry, T> column)
    {
        var values = new T[entries.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = column(entries[i]);
        }

        return values;
    }

    // Each row once: the requests of a group have much in common.
    private static void AddMarks(NpgsqlCommand command, IEnumerable<Confirmations> confirmations)
    {
        HashSet<KeyMark> keys = [];
        HashSet<CredentialMark> credentials = [];
        foreach (var confirmation in confirmations)
        {
            if (confirmation.Key is { } key)
            {
                keys.Add(key);
            }

            if (confirmation.Credential is { } credential)
            {
                credentials.Add(credential);
            }
        }

        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. keys.Select(static mark => mark.Id.Value)] });
        command.Parameters.Add(new NpgsqlParameter<uint[]> { TypedValue = [.. keys.Select(static mark => mark.WrittenBy)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Xid });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. credentials.Select(static mark => mark.RowId)] });
        command.Parameters.Add(new NpgsqlParameter<uint[]> { TypedValue = [.. credentials.Select(static mark => mark.WrittenBy)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Xid });
    }

    // Behind a proxy that gives each transaction another connection to the database, what was prepared is not there any more, or is somebody else's. It is
    // not tried again here: a proxy may say the same of an append that was made, and the caller looks whether it was.
    private async Task<AppendResult> ExecuteAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        if (!_prepares)
        {
            return await ReadAsync(command, cancellationToken);
        }

        try
        {
            await command.PrepareAsync(cancellationToken);
            return await ReadAsync(command, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.InvalidSqlStatementName or PostgresErrorCodes.DuplicatePreparedStatement or PostgresErrorCodes.ProtocolViolation)
        {
            _prepares = false;
            Log.NotPrepared(logger, exception.MessageText);
            throw;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Appends to the audit log are not prepared: the database is behind a proxy that does not keep what was prepared ({Reason})")]
        public static partial void NotPrepared(ILogger logger, string reason);
    }
}
