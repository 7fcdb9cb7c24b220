using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
using Axvault.Api.Migrations;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Credentials.Versions;

/// <summary>
/// What moves states of credentials between current and kept, in PostgreSQL. Each change is a transaction that holds the lock of the credential's name, so one at a
/// time is made to it; and the row of the current state, so that no put or refresh comes in between.
/// </summary>
internal sealed class ChangeStore(NpgsqlDataSource database)
{
    private const string LockPrefix = "axvault/credential/";

    // A select of its own is evaluated once, for all rows: what was deleted together is brought back together by it.
    private const string Moment = "(select date_trunc('milliseconds', clock_timestamp()))";

    /// <summary>Removes a credential; what is current becomes the newest kept state, and the retention of all of them begins.</summary>
    /// <param name="name">The credential.</param>
    /// <param name="allows">Decides on the current state.</param>
    /// <param name="keep">How many states are kept; the last one in any case.</param>
    /// <param name="note">What the audit log is to say of it.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    public async Task<ChangeResult> DeleteAsync(CredentialName name, Func<CredentialTag?, bool> allows, int keep, AuditNote note, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(allows);

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await LockAsync(transaction, name, cancellationToken) is not { } current)
        {
            return ChangeResult.NotFound;
        }

        if (!allows(current))
        {
            return ChangeResult.Refused;
        }

        await KeepAsync(transaction, current.RowId, cancellationToken);
        await using (var remove = new NpgsqlCommand("delete from axvault.credential where id = $1", connection, transaction))
        {
            remove.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = current.RowId });
            await remove.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var mark = new NpgsqlCommand($"update axvault.credential_version set deleted_at = {Moment} where name = $1 and deleted_at is null", connection, transaction))
        {
            mark.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
            await mark.ExecuteNonQueryAsync(cancellationToken);
        }

        await PruneAsync(transaction, name, Math.Max(keep, 1), cancellationToken);
        await AuditNoteStore.WriteAsync(transaction, note, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ChangeResult.Removed;
    }

    /// <summary>Removes a credential and every kept state of it.</summary>
    /// <param name="name">The credential.</param>
    /// <param name="allows">Decides on the current state.</param>
    /// <param name="needsCurrent">Whether one that is deleted already counts as not there.</param>
    /// <param name="note">What the audit log is to say of it.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    public async Task<ChangeResult> PurgeAsync(CredentialName name, Func<CredentialTag?, bool> allows, bool needsCurrent, AuditNote note, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(allows);

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var current = await LockAsync(transaction, name, cancellationToken);
        var removed = await RemoveAsync("delete from axvault.credential where name = $1") + await RemoveAsync("delete from axvault.credential_version where name = $1");
        if (removed == 0 || (needsCurrent && current is null))
        {
            return ChangeResult.NotFound;
        }

        if (!allows(current))
        {
            return ChangeResult.Refused;
        }

        await AuditNoteStore.WriteAsync(transaction, note, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ChangeResult.Removed;

        async Task<int> RemoveAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
            return await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>Makes a kept state current again, with its newest tokens; what is current becomes a kept state itself.</summary>
    /// <param name="name">The credential.</param>
    /// <param name="id">The state; <see langword="null"/> for the newest of a credential that was deleted.</param>
    /// <param name="allows">Decides on the current state.</param>
    /// <param name="require">Told of the key that the state is under; what it throws undoes everything.</param>
    /// <param name="keep">How many states are kept.</param>
    /// <param name="note">What the audit log is to say of it.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    public async Task<ChangeResult> RestoreAsync(
        CredentialName name, Guid? id, Func<CredentialTag?, bool> allows, Action<KekId> require, int keep, AuditNote note, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(allows);
        ArgumentNullException.ThrowIfNull(require);

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var current = await LockAsync(transaction, name, cancellationToken);
        if (current is not null && id is null)
        {
            return ChangeResult.Exists;
        }

        if (await FindKeptAsync(transaction, name, id, cancellationToken) is not var (keptId, keyId))
        {
            return ChangeResult.NotFound;
        }

        if (!allows(current))
        {
            return ChangeResult.Refused;
        }

        require(keyId);
        if (current is { } replaced)
        {
            await KeepAsync(transaction, replaced.RowId, cancellationToken);
        }
        else
        {
            await UnmarkAsync(transaction, name, cancellationToken);
        }

        if (!await RestoreAsync(transaction, keptId, current?.RowId, cancellationToken))
        {
            return ChangeResult.Exists;
        }

        await PruneAsync(transaction, name, keep, cancellationToken);
        await AuditNoteStore.WriteAsync(transaction, note, cancellationToken);
        var (metadata, tag) = await ReadAsync(transaction, name, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ChangeResult.Restored(metadata, tag);
    }

    /// <summary>Takes kept states whose credential somebody has removed past this store, by an older server or by hand, for deleted now.</summary>
    public async Task MarkOrphansAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            update axvault.credential_version v
            set deleted_at = {Moment}
            where deleted_at is null and not exists (select from axvault.credential c where c.name = v.name)
            """);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Removes for good kept states whose credential was deleted longer ago than <paramref name="retention"/>; one that somebody is changing is left to the next time.</summary>
    /// <param name="retention">How long they are kept.</param>
    /// <param name="limit">The greatest number of them.</param>
    /// <param name="note">Makes the note for a name.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    /// <returns>The notes, which are committed, and how many states were removed.</returns>
    public async Task<(List<AuditNote> Notes, int Removed)> PurgeExpiredAsync(TimeSpan retention, int limit, Func<string, AuditNote> note, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(note);

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var names = new List<string>();
        await using (var command = new NpgsqlCommand(
            """
            delete from axvault.credential_version
            where row_id in (
              select row_id from axvault.credential_version where deleted_at <= clock_timestamp() - $1 order by deleted_at, row_id limit $2 for update skip locked)
            returning name
            """,
            connection,
            transaction))
        {
            command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = retention, NpgsqlDbType = NpgsqlDbType.Interval });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                names.Add(reader.GetString(0));
            }
        }

        var notes = names.Distinct().Select(note).ToList();
        foreach (var made in notes)
        {
            await AuditNoteStore.WriteAsync(transaction, made, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return (notes, names.Count);
    }

    // Waits until no other change is made to the name, and locks the current state, if there is one.
    private static async Task<CredentialTag?> LockAsync(NpgsqlTransaction transaction, CredentialName name, CancellationToken cancellationToken)
    {
        await using (var command = new NpgsqlCommand($"select pg_advisory_xact_lock(hashtextextended($1, 0)), {LockLimit.OfRows}", transaction.Connection, transaction))
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = LockPrefix + name.Value });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var find = new NpgsqlCommand("select id, version, updated_at from axvault.credential where name = $1 for update", transaction.Connection, transaction);
        find.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        await using var reader = await find.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new CredentialTag(reader.GetGuid(0), reader.GetInt64(1), reader.GetFieldValue<DateTimeOffset>(2)) : null;
    }

    private static async Task<(Guid Id, KekId KeyId)?> FindKeptAsync(NpgsqlTransaction transaction, CredentialName name, Guid? id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select row_id, key_id
            from axvault.credential_version
            where name = $1 and ($2 is null or row_id = $2)
            order by position desc
            limit 1
            for update
            """,
            transaction.Connection,
            transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)id ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetGuid(0), KekId.Read(reader.GetFieldValue<byte[]>(1))) : null;
    }

    private static async Task KeepAsync(NpgsqlTransaction transaction, Guid rowId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select axvault.credential_keep($1)", transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = rowId });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task PruneAsync(NpgsqlTransaction transaction, CredentialName name, int keep, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select axvault.credential_prune($1, $2)", transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = keep });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<bool> RestoreAsync(NpgsqlTransaction transaction, Guid keptId, Guid? currentId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select axvault.credential_restore($1, $2)", transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = keptId });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)currentId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    // The retention of what was deleted together with the newest state ends; that of what was deleted before goes on.
    private static async Task UnmarkAsync(NpgsqlTransaction transaction, CredentialName name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            update axvault.credential_version
            set deleted_at = null
            where name = $1 and deleted_at = (select deleted_at from axvault.credential_version where name = $1 order by position desc limit 1)
            """,
            transaction.Connection,
            transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<(CredentialMetadata Metadata, CredentialTag Tag)> ReadAsync(NpgsqlTransaction transaction, CredentialName name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"select {CredentialStore.MetadataColumns}, id, version from axvault.credential where name = $1", transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var metadata = CredentialStore.ReadMetadata(reader);
        return (metadata, new CredentialTag(reader.GetGuid(19), reader.GetInt64(20), metadata.UpdatedAt));
    }
}
