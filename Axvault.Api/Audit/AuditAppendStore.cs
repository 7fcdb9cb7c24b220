using Axvault.Api.Audit.Chain;
using Axvault.Api.Configuration;
using Axvault.Api.Confirmation;
using Axvault.Api.Credentials;
using Axvault.Api.Encryption;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Audit;

/// <summary>
/// Appends to the audit chain in PostgreSQL, on a connection that is kept for it: what is prepared there stays so, and nothing is reset in between.
/// One call at a time.
/// </summary>
internal sealed partial class AuditAppendStore(NpgsqlDataSource database, Vault vault, AxvaultOptions options, ILogger<AuditAppendStore> logger) : IAsyncDisposable
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

    private const string SqlWithPuts =
        """
        select appended, head_seq, head_at, head_mac, clock, stale_keys, stale_credentials, states, found_ids, found_keys, created, updated, versions
        from axvault.audit_append_states($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
          $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38)
        """;

    // Whoever waits for a row's lock gets it in turn. A server that stops before it has appended, for whatever reason, is disconnected by the database, and
    // holds up the others no longer than that.
    private const string SqlOfTurn =
        """
        select seq, at, mac, clock_timestamp(), set_config('idle_in_transaction_session_timeout', '250ms', true)
        from axvault.audit_head
        for update
        """;

    // Of SQLSTATE (PostgreSQL documentation, appendix A): data, constraints, names and rights, room, limits, locks, triggers, faults of the database.
    private static readonly string[] ClassesOfValues = ["22", "23", "42", "53", "54", "55", "P0", "XX"];

    private NpgsqlConnection? _connection;
    private bool _prepares = true;

    /// <summary>Whether <paramref name="exception"/> says of a single put that somebody else holds the credential, or has made it in the same moment.</summary>
    public static bool IsBusy(Exception exception) => exception is PostgresException
    {
        SqlState: PostgresErrorCodes.LockNotAvailable
    }
    or PostgresException
    {
        SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "credential_name_key"
    };

    /// <summary>Whether <paramref name="exception"/> may be because of a value that is put: of the statement, its values, or the room that they take, not of the connection or the server.</summary>
    public static bool IsPerhapsOfAPut(Exception exception) => exception is PostgresException postgres
        ? postgres.SqlState is not PostgresErrorCodes.DuplicatePreparedStatement && Array.Exists(ClassesOfValues, one => postgres.SqlState.StartsWith(one, StringComparison.Ordinal))
        : exception is not (NpgsqlException or TimeoutException or IOException);

    /// <summary>
    /// Appends <paramref name="entries"/> to the chain and puts <paramref name="puts"/>, when its head is still <paramref name="head"/>, every row that
    /// <paramref name="confirmations"/> name is stored as it was read, and every put finds the row that it was sealed for.
    /// </summary>
    /// <param name="head">What the entries are bound to.</param>
    /// <param name="entries">The entries, at least one.</param>
    /// <param name="notes">The notes that are moved into the chain by it.</param>
    /// <param name="confirmations">What the requests that the entries tell of were decided by, from memory.</param>
    /// <param name="puts">The credentials that are put by it.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    /// <exception cref="PostgresException">With <see cref="AlreadyChained"/>: one of the notes is in the chain already.</exception>
    public async Task<AppendResult> AppendAsync(
        ChainHead head, IReadOnlyList<ChainedEntry> entries, Guid[] notes, IEnumerable<Confirmations> confirmations, IReadOnlyList<CredentialPut> puts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(entries);
        ArgumentNullException.ThrowIfNull(puts);

        return await RunAsync([Append(head, entries, notes, confirmations, puts)], ReadAsync, cancellationToken);
    }

    /// <summary>
    /// As <see cref="AppendAsync"/>, for a server that keeps finding the head moved: it waits for its turn, and no other server can move the head while the
    /// entries are bound to it. It costs a second round trip.
    /// </summary>
    /// <param name="bind">Binds the entries to the head, at a time of the database's clock. It must not wait for anything.</param>
    /// <param name="notes">The notes that are moved into the chain by it.</param>
    /// <param name="confirmations">What the requests that the entries tell of were decided by, from memory.</param>
    /// <param name="puts">The credentials that are put by it.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    /// <returns>What came of it; <see langword="null"/> when there is no head.</returns>
    /// <exception cref="PostgresException">With <see cref="AlreadyChained"/>: one of the notes is in the chain already.</exception>
    public async Task<AppendResult?> AppendInTurnAsync(
        Func<ChainHead, DateTimeOffset, IReadOnlyList<ChainedEntry>> bind, Guid[] notes, IEnumerable<Confirmations> confirmations, IReadOnlyList<CredentialPut> puts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(bind);
        ArgumentNullException.ThrowIfNull(puts);

        var (head, clock) = await RunAsync([new NpgsqlBatchCommand("begin"), new NpgsqlBatchCommand(SqlOfTurn)], ReadTurnAsync, cancellationToken);
        var isDone = false;
        try
        {
            var result = head is null ? null : await RunAsync([Append(head, bind(head, clock), notes, confirmations, puts), new NpgsqlBatchCommand("commit")], ReadAsync, cancellationToken);
            isDone = result is not null;
            return result;
        }
        finally
        {
            // Given back, the connection ends what was begun.
            if (!isDone)
            {
                await ReleaseAsync();
            }
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

    private NpgsqlBatchCommand Append(
        ChainHead head, IReadOnlyList<ChainedEntry> entries, Guid[] notes, IEnumerable<Confirmations> confirmations, IReadOnlyList<CredentialPut> puts)
    {
        var command = new NpgsqlBatchCommand(puts.Count == 0 ? Sql : SqlWithPuts);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = head.Sequence });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = head.At });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = head.Mac });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = notes });
        AddMarks(command, confirmations);
        Add(command, entries, static entry => entry.Sequence);
        Add(command, entries, static entry => entry.At);
        AddText(command, entries, static entry => entry.Entry.Action);
        AddText(command, entries, static entry => entry.Entry.Outcome);
        AddText(command, entries, static entry => entry.Entry.KeyId);
        AddText(command, entries, static entry => entry.Entry.KeyName);
        AddText(command, entries, static entry => entry.Entry.Target);
        AddText(command, entries, static entry => entry.Entry.ClientAddress);
        AddText(command, entries, static entry => entry.Entry.UserAgent);
        AddText(command, entries, static entry => entry.Entry.RequestId);
        AddText(command, entries, static entry => entry.Entry.TraceId);
        AddText(command, entries, static entry => entry.Entry.Reason);
        AddText(command, entries, static entry => entry.Entry.Server);
        Add(command, entries, static entry => entry.ChainKey.ToArray());
        Add(command, entries, static entry => entry.Mac);
        if (puts.Count > 0)
        {
            AddPuts(command, puts);
        }

        return command;
    }

    private static async Task<(ChainHead? Head, DateTimeOffset Clock)> ReadTurnAsync(NpgsqlDataReader reader, CancellationToken cancellationToken) =>
        await reader.ReadAsync(cancellationToken) ? (AuditHeadStore.ReadHead(reader, 0), reader.GetFieldValue<DateTimeOffset>(3)) : default;

    private static async Task<AppendResult> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        await reader.ReadAsync(cancellationToken);
        return new AppendResult(
            reader.GetBoolean(0),
            reader.IsDBNull(1) ? null : AuditHeadStore.ReadHead(reader, 1),
            reader.GetFieldValue<DateTimeOffset>(4),
            reader.IsDBNull(5) ? [] : reader.GetFieldValue<string[]>(5),
            reader.IsDBNull(6) ? [] : reader.GetFieldValue<Guid[]>(6))
        {
            Puts = reader.FieldCount > 7 && !reader.IsDBNull(7) ? ReadPuts(reader) : [],
        };
    }

    // states, found_ids, found_keys, created, updated, versions; the last three are there when all of them were made.
    private static PutOutcome?[] ReadPuts(NpgsqlDataReader reader)
    {
        var states = reader.GetFieldValue<string[]>(7);
        if (!reader.IsDBNull(10))
        {
            var (created, updated, versions) = (reader.GetFieldValue<DateTimeOffset[]>(10), reader.GetFieldValue<DateTimeOffset[]>(11), reader.GetFieldValue<long[]>(12));
            return [.. states.Select((_, at) => PutOutcome.Made(new PutTimes(created[at], updated[at], versions[at])))];
        }

        // Somebody's key was stale: it was because of none of them.
        if (!states.Any(static state => state != "put"))
        {
            return [];
        }

        var (ids, keys) = (reader.GetFieldValue<Guid?[]>(8), reader.GetFieldValue<byte[]?[]>(9));
        return [.. states.Select((state, at) => state switch
        {
            "put" => null,
            "busy" => PutOutcome.Busy,
            _ => PutOutcome.Moved(ids[at] is { } id ? new CredentialRow(id, KekId.Read(keys[at])) : null),
        })];
    }

    // $24 to $38
    private void AddPuts(NpgsqlBatchCommand command, IReadOnlyList<CredentialPut> puts)
    {
        Add(command, puts, static put => put.RowId);
        Add(command, puts, static put => put.Replaces?.Id);
        Add(command, puts, static put => put.Expected?.Version);
        Add(command, puts, static put => put.Expected?.UpdatedAt);
        AddText(command, puts, static put => put.Name.Value);
        AddText(command, puts, static put => put.Attributes.Type.Value);
        AddText(command, puts, static put => put.Attributes.Agent);
        AddText(command, puts, static put => put.Attributes.Provider);
        Add(command, puts, static put => put.Attributes.ExpiresAt);
        AddText(command, puts, static put => put.Attributes.DisplayName);
        AddText(command, puts, static put => put.Attributes.Notes);
        Add(command, puts, static put => put.Envelope);
        Add(command, puts, static put => put.TokenExpiresAt);
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = vault.Keys.Ids });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = options.Versions.Keep });
    }

    private static void Add<TItem, T>(NpgsqlBatchCommand command, IReadOnlyList<TItem> items, Func<TItem, T> column) =>
        command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = ToArray(items, column) });

    private static void AddText<TItem>(NpgsqlBatchCommand command, IReadOnlyList<TItem> items, Func<TItem, string?> column) =>
        command.Parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = ToArray(items, column), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });

    private static T[] ToArray<TItem, T>(IReadOnlyList<TItem> items, Func<TItem, T> column)
    {
        var values = new T[items.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = column(items[i]);
        }

        return values;
    }

    // Each row once: the requests of a group have much in common.
    private static void AddMarks(NpgsqlBatchCommand command, IEnumerable<Confirmations> confirmations)
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
    private async Task<T> RunAsync<T>(NpgsqlBatchCommand[] commands, Func<NpgsqlDataReader, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        _connection ??= await database.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(_connection) { Timeout = Timeout };
        foreach (var command in commands)
        {
            batch.BatchCommands.Add(command);
        }

        try
        {
            if (_prepares)
            {
                await batch.PrepareAsync(cancellationToken);
            }

            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            var result = await read(reader, cancellationToken);
            // What comes after is read, too: a commit that fails is an exception.
            while (await reader.NextResultAsync(cancellationToken))
            {
            }

            return result;
        }
        catch (Exception exception)
        {
            if (_prepares && exception is PostgresException { SqlState: PostgresErrorCodes.InvalidSqlStatementName or PostgresErrorCodes.DuplicatePreparedStatement or PostgresErrorCodes.ProtocolViolation } refusal)
            {
                _prepares = false;
                Log.NotPrepared(logger, refusal.MessageText);
            }

            // Whatever state it is in, another one is in none.
            await ReleaseAsync();
            throw;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Appends to the audit log are not prepared: the database is behind a proxy that does not keep what was prepared ({Reason})")]
        public static partial void NotPrepared(ILogger logger, string reason);
    }
}
