using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Migrations;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Keys;

/// <summary>API keys in PostgreSQL. What a caller may change is decided in the transaction that changes it, on the rows as they are then.</summary>
internal sealed class KeyStore(NpgsqlDataSource database, TimeProvider time)
{
    private const string LastAdministrator =
        "Without this key nobody could administer the vault: no other key grants * for ever and from anywhere. Make one first, or say ?force=true.";

    private const string LocksOut = "With this change the key that makes it would stop working, at once or from where it is used now. To do it all the same, say ?force=true.";

    private const string Columns =
        """
        id, name, read_access, write_access, grant_access, created_at, updated_at, last_used_at,
        expires_at, allowed_cidrs::text[], secret_version, previous_secret_hash is not null, previous_secret_expires_at, previous_secret_last_used_at
        """;

    /// <summary>Finds the key of whose secrets, the present one and the one before, one has <paramref name="hash"/>.</summary>
    public async Task<StoredKey?> FindByHashAsync(byte[] hash, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            select {Columns}, secret_hash, previous_secret_hash, xmin
            from axvault.api_key
            where secret_hash = $1 or previous_secret_hash = $1
            """);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = hash });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new StoredKey(Read(reader), reader.GetFieldValue<byte[]>(14), reader.IsDBNull(15) ? null : reader.GetFieldValue<byte[]>(15), reader.GetFieldValue<uint>(16))
            : null;
    }

    /// <summary>Every key, oldest first.</summary>
    public async Task<List<ApiKey>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"select {Columns} from axvault.api_key order by created_at, id");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<ApiKey> keys = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            keys.Add(Read(reader));
        }

        return keys;
    }

    /// <summary>Finds a key by its id.</summary>
    public async Task<ApiKey?> FindAsync(KeyId id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"select {Columns} from axvault.api_key where id = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    /// <summary>Makes a key, when <paramref name="caller"/> may.</summary>
    public async Task<KeyChange> CreateAsync(Caller caller, KeyId id, string name, AccessScope scope, byte[] secretHash, AuditNote note, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var locked = await LockAsync(transaction, [caller.KeyId], cancellationToken);
        if (Granter(locked, caller) is not { } granter || !GrantRules.MayCreate(granter.Scope, scope))
        {
            return KeyChange.Denied;
        }

        var key = await InsertAsync(transaction, id, name, scope, secretHash, cancellationToken);
        await AuditNoteStore.WriteAsync(transaction, note, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return KeyChange.Done(key);
    }

    /// <summary>Changes what <paramref name="patch"/> gives of a key, when <paramref name="caller"/> may.</summary>
    /// <param name="caller">Who does it.</param>
    /// <param name="id">The key.</param>
    /// <param name="patch">What to change.</param>
    /// <param name="force">Whether nobody needs to be left who can administer the vault, and the caller may lock itself out.</param>
    /// <param name="note">What is told of it.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    public async Task<KeyChange> UpdateAsync(Caller caller, KeyId id, KeyPatch patch, bool force, AuditNote note, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(patch);

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var locked = await LockWithAdministratorsAsync(transaction, [caller.KeyId, id], cancellationToken);
        if (Granter(locked, caller) is not { } granter)
        {
            return KeyChange.Denied;
        }

        if (!locked.TryGetValue(id, out var current))
        {
            return GrantRules.MayAdminister(granter.Scope) ? KeyChange.NotFound : KeyChange.Denied;
        }

        var scope = patch.Apply(current.Scope);
        if (!GrantRules.MayUpdate(granter.Scope, current.Scope, scope))
        {
            return KeyChange.Denied;
        }

        if (!force && Obstacle(locked, caller, current, scope) is { } obstacle)
        {
            return KeyChange.Blocked(obstacle);
        }

        await using var command = new NpgsqlCommand(
            $"""
            update axvault.api_key
            set name = $2, read_access = $3, write_access = $4, grant_access = $5, expires_at = $6, allowed_cidrs = $7::cidr[],
                updated_at = greatest(created_at, date_trunc('milliseconds', clock_timestamp()))
            where id = $1
            returning {Columns}
            """,
            connection,
            transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id.Value });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = patch.Name ?? current.Name });
        AddScope(command, scope);
        var key = await ReadOneAsync(command, cancellationToken);
        await AuditNoteStore.WriteAsync(transaction, note, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return KeyChange.Done(key);
    }

    /// <summary>Gives a key a new secret, when <paramref name="caller"/> may; the one that it has is taken until <paramref name="overlap"/> is over.</summary>
    public async Task<KeyChange> RotateAsync(Caller caller, KeyId id, byte[] secretHash, TimeSpan overlap, AuditNote note, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var locked = await LockAsync(transaction, [caller.KeyId, id], cancellationToken);
        if (Granter(locked, caller) is not { } granter)
        {
            return KeyChange.Denied;
        }

        if (!locked.TryGetValue(id, out var current))
        {
            return GrantRules.MayAdminister(granter.Scope) ? KeyChange.NotFound : KeyChange.Denied;
        }

        // A key rotates itself whatever it grants, but by the secret that it has: the one before, which may be in more hands, must not take it over.
        if (id == caller.KeyId ? caller.SecretVersion != current.Secrets.Version : !GrantRules.MayRotate(granter.Scope, current.Scope))
        {
            return KeyChange.Denied;
        }

        await using var command = new NpgsqlCommand(
            $"""
            update axvault.api_key
            set secret_hash = $2, secret_version = secret_version + 1,
                previous_secret_hash = secret_hash, previous_secret_expires_at = $3, previous_secret_last_used_at = null,
                updated_at = greatest(created_at, date_trunc('milliseconds', clock_timestamp()))
            where id = $1
            returning {Columns}
            """,
            connection,
            transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id.Value });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = secretHash });
        command.Parameters.Add(Time(overlap == TimeSpan.Zero ? null : time.GetUtcNow() + overlap));
        var key = await ReadOneAsync(command, cancellationToken);
        await AuditNoteStore.WriteAsync(transaction, note, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return KeyChange.Done(key);
    }

    /// <summary>Removes a key, when <paramref name="caller"/> may.</summary>
    /// <param name="caller">Who does it.</param>
    /// <param name="id">The key.</param>
    /// <param name="force">Whether nobody needs to be left who can administer the vault.</param>
    /// <param name="note">What is told of it.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    public async Task<KeyChange> DeleteAsync(Caller caller, KeyId id, bool force, AuditNote note, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var locked = await LockWithAdministratorsAsync(transaction, [caller.KeyId, id], cancellationToken);
        if (Granter(locked, caller) is not { } granter || !GrantRules.MayAdminister(granter.Scope))
        {
            return KeyChange.Denied;
        }

        if (!locked.TryGetValue(id, out var key))
        {
            return KeyChange.NotFound;
        }

        if (!force && Obstacle(locked, caller, key, null) is { } obstacle)
        {
            return KeyChange.Blocked(obstacle);
        }

        await using var command = new NpgsqlCommand("delete from axvault.api_key where id = $1", connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id.Value });
        await command.ExecuteNonQueryAsync(cancellationToken);
        var noted = await TryNoteAsync(transaction, note, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return KeyChange.Done(key, noted);
    }

    /// <summary>Writes when keys, and the secrets before their present ones, were last used.</summary>
    public async Task UseAsync(IReadOnlyCollection<KeyValuePair<KeyUse, DateTimeOffset>> uses, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            update axvault.api_key
            set last_used_at = greatest(last_used_at, used.at),
                previous_secret_last_used_at = case
                  when used.previous_version = secret_version - 1 and previous_secret_hash is not null then greatest(previous_secret_last_used_at, used.previous_at)
                  else previous_secret_last_used_at end
            from (
              select id, use.at, use.previous_version, use.previous_at
              from unnest($1, $2, $3, $4) as use (id, at, previous_version, previous_at) join axvault.api_key using (id)
              order by id
              for update of api_key) as used
            where api_key.id = used.id
            """);
        var keys = uses.GroupBy(static use => use.Key.Key).Select(static key => (
            Id: key.Key.Value,
            At: key.Max(static use => use.Value),
            Previous: key.Select(static use => (Version: use.Key.PreviousVersion ?? 0, At: use.Value)).MaxBy(static use => use.Version))).ToList();
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. keys.Select(static key => key.Id)] });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. keys.Select(static key => key.At)] });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. keys.Select(static key => key.Previous.Version)] });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. keys.Select(static key => key.Previous.At)] });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Makes a key in <paramref name="transaction"/> when there is none at all.</summary>
    public static async Task<ApiKey?> InsertFirstAsync(NpgsqlTransaction transaction, string name, AccessScope scope, byte[] secretHash, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transaction);

        await using var command = new NpgsqlCommand("select exists (select from axvault.api_key)", transaction.Connection, transaction);
        var any = (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
        return any ? null : await InsertAsync(transaction, KeyId.Create(), name, scope, secretHash, cancellationToken);
    }

    /// <summary>Makes a key in <paramref name="transaction"/>, whoever asks.</summary>
    public static Task<ApiKey> InsertAsync(NpgsqlTransaction transaction, string name, AccessScope scope, byte[] secretHash, CancellationToken cancellationToken) =>
        InsertAsync(transaction, KeyId.Create(), name, scope, secretHash, cancellationToken);

    /// <summary>Removes in <paramref name="transaction"/> every key that grants <c>*</c>, whoever asks.</summary>
    /// <returns>The keys.</returns>
    public static async Task<List<KeyId>> DeleteAdministratorsAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transaction);

        await LockWithAdministratorsAsync(transaction, [], cancellationToken);
        await using var command = new NpgsqlCommand("delete from axvault.api_key where '*' = any (grant_access) returning id", transaction.Connection, transaction);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<KeyId> removed = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            removed.Add(KeyId.FromStored(reader.GetString(0)));
        }

        return removed;
    }

    // The caller's key as it is now, when the request may still use it: a body may take its time to arrive.
    private ApiKey? Granter(Dictionary<KeyId, ApiKey> locked, Caller caller) =>
        locked.TryGetValue(caller.KeyId, out var granter) && granter.Judge(caller.SecretVersion, caller.Address, time.GetUtcNow()) == KeyVerdict.Allowed ? granter : null;

    private string? Obstacle(Dictionary<KeyId, ApiKey> locked, Caller caller, ApiKey current, AccessScope? resulting)
    {
        var now = time.GetUtcNow();
        if (!GrantRules.StaysAdministrable(current.Scope, resulting, locked.Values.Where(key => key.Id != current.Id).Select(static key => key.Scope), now))
        {
            return LastAdministrator;
        }

        // To remove oneself is no slip.
        return current.Id == caller.KeyId && resulting is not null && (resulting.Limits.HaveExpired(now) || !resulting.Limits.Networks.Covers(caller.Address)) ? LocksOut : null;
    }

    // In the order of the ids, so that two callers who change each other's keys wait for one another instead of deadlocking.
    private static Task<Dictionary<KeyId, ApiKey>> LockAsync(NpgsqlTransaction transaction, KeyId[] ids, CancellationToken cancellationToken) =>
        LockAsync(transaction, $"select {Columns}, {LockLimit.OfRows} from axvault.api_key where id = any ($1) order by id for update", ids, cancellationToken);

    // With every key that grants *, in the same order: of two callers who remove the last two the second one sees that the first has.
    private static Task<Dictionary<KeyId, ApiKey>> LockWithAdministratorsAsync(NpgsqlTransaction transaction, KeyId[] ids, CancellationToken cancellationToken) =>
        LockAsync(transaction, $"select {Columns}, {LockLimit.OfRows} from axvault.api_key where id = any ($1) or '*' = any (grant_access) order by id for update", ids, cancellationToken);

    private static async Task<Dictionary<KeyId, ApiKey>> LockAsync(NpgsqlTransaction transaction, string sql, KeyId[] ids, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. ids.Select(static id => id.Value)] });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var keys = new Dictionary<KeyId, ApiKey>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var key = Read(reader);
            keys.Add(key.Id, key);
        }

        return keys;
    }

    // A key that must go does not stay because nobody can write it down. What ends the session, FATAL, ends the deletion with it.
    private static async Task<bool> TryNoteAsync(NpgsqlTransaction transaction, AuditNote note, CancellationToken cancellationToken)
    {
        const string BeforeNote = "before_note";
        await transaction.SaveAsync(BeforeNote, cancellationToken);
        try
        {
            await AuditNoteStore.WriteAsync(transaction, note, cancellationToken);
            return true;
        }
        catch (PostgresException exception) when (exception.InvariantSeverity == "ERROR")
        {
            await transaction.RollbackAsync(BeforeNote, cancellationToken);
            return false;
        }
    }

    private static async Task<ApiKey> InsertAsync(
        NpgsqlTransaction transaction, KeyId id, string name, AccessScope scope, byte[] secretHash, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            insert into axvault.api_key (id, name, read_access, write_access, grant_access, expires_at, allowed_cidrs, secret_hash, created_at, updated_at)
            values ($1, $2, $3, $4, $5, $6, $7::cidr[], $8, date_trunc('milliseconds', now()), date_trunc('milliseconds', now()))
            returning {Columns}
            """,
            transaction.Connection,
            transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id.Value });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        AddScope(command, scope);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = secretHash });
        return await ReadOneAsync(command, cancellationToken);
    }

    // read_access, write_access, grant_access, expires_at, allowed_cidrs
    private static void AddScope(NpgsqlCommand command, AccessScope scope)
    {
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = scope.Read.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = scope.Write.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = scope.Grant.ToArray() });
        command.Parameters.Add(Time(scope.Limits.ExpiresAt));
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = scope.Limits.Networks.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
    }

    private static async Task<ApiKey> ReadOneAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return Read(reader);
    }

    // Columns
    private static ApiKey Read(NpgsqlDataReader reader) => new(
        KeyId.FromStored(reader.GetString(0)),
        reader.GetString(1),
        new AccessScope(
            AccessList.FromStored(reader.GetFieldValue<string[]>(2)),
            AccessList.FromStored(reader.GetFieldValue<string[]>(3)),
            AccessList.FromStored(reader.GetFieldValue<string[]>(4)))
        {
            Limits = new KeyLimits(Time(reader, 8), ClientNetworks.FromStored(reader.GetFieldValue<string[]>(9))),
        },
        new KeySecrets(reader.GetInt32(10), reader.GetBoolean(11) ? new PreviousSecret(Time(reader, 12), Time(reader, 13)) : null),
        reader.GetFieldValue<DateTimeOffset>(5),
        reader.GetFieldValue<DateTimeOffset>(6),
        Time(reader, 7));

    private static NpgsqlParameter Time(DateTimeOffset? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
