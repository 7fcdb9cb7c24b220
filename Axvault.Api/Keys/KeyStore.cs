using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Npgsql;

namespace Axvault.Api.Keys;

/// <summary>API keys in PostgreSQL. What a caller may change is decided in the transaction that changes it, on the rows as they are then.</summary>
internal sealed class KeyStore(NpgsqlDataSource database)
{
    /// <summary>Finds the key whose secret has <paramref name="hash"/>.</summary>
    public async Task<StoredKey?> FindByHashAsync(byte[] hash, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            select id, name, read_access, write_access, grant_access, created_at, updated_at, last_used_at, secret_hash, xmin
            from axvault.api_key
            where secret_hash = $1
            """);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = hash });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new StoredKey(Read(reader), reader.GetFieldValue<byte[]>(8), reader.GetFieldValue<uint>(9)) : null;
    }

    /// <summary>Every key, oldest first.</summary>
    public async Task<List<ApiKey>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            select id, name, read_access, write_access, grant_access, created_at, updated_at, last_used_at
            from axvault.api_key
            order by created_at, id
            """);
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
        await using var command = database.CreateCommand(
            """
            select id, name, read_access, write_access, grant_access, created_at, updated_at, last_used_at
            from axvault.api_key
            where id = $1
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    /// <summary>Makes a key, when <paramref name="caller"/> may.</summary>
    public async Task<KeyChange> CreateAsync(KeyId caller, KeyId id, string name, AccessScope scope, byte[] secretHash, AuditNote note, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var locked = await LockAsync(transaction, [caller], cancellationToken);
        if (!locked.TryGetValue(caller, out var granter) || !GrantRules.MayCreate(granter.Scope, scope))
        {
            return KeyChange.Denied;
        }

        var key = await InsertAsync(transaction, id, name, scope, secretHash, cancellationToken);
        await AuditNoteStore.WriteAsync(transaction, note, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return KeyChange.Done(key);
    }

    /// <summary>Changes what <paramref name="patch"/> gives of a key, when <paramref name="caller"/> may.</summary>
    public async Task<KeyChange> UpdateAsync(KeyId caller, KeyId id, KeyPatch patch, AuditNote note, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(patch);

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var locked = await LockAsync(transaction, [caller, id], cancellationToken);
        if (!locked.TryGetValue(caller, out var granter))
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

        await using var command = new NpgsqlCommand(
            """
            update axvault.api_key
            set name = $2, read_access = $3, write_access = $4, grant_access = $5, updated_at = greatest(created_at, date_trunc('milliseconds', clock_timestamp()))
            where id = $1
            returning id, name, read_access, write_access, grant_access, created_at, updated_at, last_used_at
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

    /// <summary>Removes a key, when <paramref name="caller"/> may.</summary>
    public async Task<KeyChange> DeleteAsync(KeyId caller, KeyId id, AuditNote note, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var locked = await LockAsync(transaction, [caller, id], cancellationToken);
        if (!locked.TryGetValue(caller, out var granter) || !GrantRules.MayAdminister(granter.Scope))
        {
            return KeyChange.Denied;
        }

        if (!locked.TryGetValue(id, out var key))
        {
            return KeyChange.NotFound;
        }

        await using var command = new NpgsqlCommand("delete from axvault.api_key where id = $1", connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id.Value });
        await command.ExecuteNonQueryAsync(cancellationToken);
        var noted = await TryNoteAsync(transaction, note, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return KeyChange.Done(key, noted);
    }

    /// <summary>Writes when keys were last used.</summary>
    public async Task UseAsync(IReadOnlyCollection<KeyValuePair<KeyId, DateTimeOffset>> uses, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            update axvault.api_key
            set last_used_at = greatest(last_used_at, used.at)
            from (
              select id, use.at
              from unnest($1, $2) as use (id, at) join axvault.api_key using (id)
              order by id
              for update of api_key) as used
            where api_key.id = used.id
            """);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. uses.Select(static use => use.Key.Value)] });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. uses.Select(static use => use.Value)] });
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

    // In the order of the ids, so that two callers who change each other's keys wait for one another instead of deadlocking.
    private static async Task<Dictionary<KeyId, ApiKey>> LockAsync(NpgsqlTransaction transaction, KeyId[] ids, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select id, name, read_access, write_access, grant_access, created_at, updated_at, last_used_at
            from axvault.api_key
            where id = any ($1)
            order by id
            for update
            """,
            transaction.Connection,
            transaction);
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

    // A key that must go does not stay because nobody can write it down.
    private static async Task<bool> TryNoteAsync(NpgsqlTransaction transaction, AuditNote note, CancellationToken cancellationToken)
    {
        const string BeforeNote = "before_note";
        await transaction.SaveAsync(BeforeNote, cancellationToken);
        try
        {
            await AuditNoteStore.WriteAsync(transaction, note, cancellationToken);
            return true;
        }
        catch (PostgresException)
        {
            await transaction.RollbackAsync(BeforeNote, cancellationToken);
            return false;
        }
    }

    private static async Task<ApiKey> InsertAsync(
        NpgsqlTransaction transaction, KeyId id, string name, AccessScope scope, byte[] secretHash, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into axvault.api_key (id, name, read_access, write_access, grant_access, secret_hash, created_at, updated_at)
            values ($1, $2, $3, $4, $5, $6, date_trunc('milliseconds', now()), date_trunc('milliseconds', now()))
            returning id, name, read_access, write_access, grant_access, created_at, updated_at, last_used_at
            """,
            transaction.Connection,
            transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id.Value });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        AddScope(command, scope);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = secretHash });
        return await ReadOneAsync(command, cancellationToken);
    }

    private static void AddScope(NpgsqlCommand command, AccessScope scope)
    {
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = scope.Read.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = scope.Write.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = scope.Grant.ToArray() });
    }

    private static async Task<ApiKey> ReadOneAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return Read(reader);
    }

    // id, name, read_access, write_access, grant_access, created_at, updated_at, last_used_at
    private static ApiKey Read(NpgsqlDataReader reader) => new(
        KeyId.FromStored(reader.GetString(0)),
        reader.GetString(1),
        new AccessScope(
            AccessList.FromStored(reader.GetFieldValue<string[]>(2)),
            AccessList.FromStored(reader.GetFieldValue<string[]>(3)),
            AccessList.FromStored(reader.GetFieldValue<string[]>(4))),
        reader.GetFieldValue<DateTimeOffset>(5),
        reader.GetFieldValue<DateTimeOffset>(6),
        reader.IsDBNull(7) ? null : reader.GetFieldValue<DateTimeOffset>(7));
}
