using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Database;
using Axvault.Api.Encryption;
using Axvault.Api.Stored;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Credentials.Versions;

/// <summary>
/// Deletes, purges and restores credentials in PostgreSQL: moves the pointer of a name among its versions. Each change locks the name, so changes of a
/// credential come one after the other.
/// </summary>
internal sealed class ChangeStore(Ledger ledger)
{
    /// <summary>The present moment, as a subquery: it is evaluated once, so versions that are deleted together have the same moment.</summary>
    public const string Moment = "(select date_trunc('milliseconds', clock_timestamp()))";

    /// <summary>Deletes a credential. The current version becomes the newest kept one, and the retention of all versions begins.</summary>
    /// <param name="name">The credential.</param>
    /// <param name="allows">The condition on the current version.</param>
    /// <param name="keep">The number of kept versions. The last one is always kept.</param>
    /// <param name="entry">The audit entry.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    public Task<ChangeResult> DeleteAsync(
        CredentialName name,
        Func<CredentialTag?, bool> allows,
        int keep,
        AuditEntry entry,
        CancellationToken cancellationToken
    ) =>
        ledger.ChangeAsync(
            async change =>
            {
                if (await LockAsync(change.Transaction, name, cancellationToken) is not { } current)
                {
                    return ChangeResult.NotFound;
                }

                if (!allows(current))
                {
                    return ChangeResult.Refused;
                }

                await PointAsync(change.Transaction, name, null, cancellationToken);
                await ReplaceAsync(change.Transaction, current.VersionId, cancellationToken);
                await RunAsync(
                    change.Transaction,
                    name,
                    $"update axvault.credential_version set deleted_at = {Moment} where name = $1 and deleted_at is null",
                    cancellationToken
                );
                await PutStore.PruneAsync(change.Transaction, name, Math.Max(keep, 1), cancellationToken);
                await change.CommitAsync(entry);
                return ChangeResult.Removed;
            },
            cancellationToken
        );

    /// <summary>Removes a credential and all of its versions.</summary>
    /// <param name="name">The credential.</param>
    /// <param name="allows">The condition on the current version.</param>
    /// <param name="needsCurrent"><see langword="true"/> when a deleted credential counts as missing; otherwise <see langword="false"/>.</param>
    /// <param name="entry">The audit entry.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    public Task<ChangeResult> PurgeAsync(
        CredentialName name,
        Func<CredentialTag?, bool> allows,
        bool needsCurrent,
        AuditEntry entry,
        CancellationToken cancellationToken
    ) =>
        ledger.ChangeAsync(
            async change =>
            {
                var current = await LockAsync(change.Transaction, name, cancellationToken);
                var removed = await RunAsync(change.Transaction, name, "delete from axvault.credential_version where name = $1", cancellationToken);
                if (removed == 0 || (needsCurrent && current is null))
                {
                    return ChangeResult.NotFound;
                }

                if (!allows(current))
                {
                    return ChangeResult.Refused;
                }

                await RunAsync(change.Transaction, name, "delete from axvault.credential where name = $1", cancellationToken);
                await change.CommitAsync(entry);
                return ChangeResult.Removed;
            },
            cancellationToken
        );

    /// <summary>Makes a kept version current again, with its newest tokens. The current version becomes a kept one.</summary>
    /// <param name="name">The credential.</param>
    /// <param name="id">The version; <see langword="null"/> for the newest one of a deleted credential.</param>
    /// <param name="allows">The condition on the current version.</param>
    /// <param name="require">Checks the KEK of the version. Its exception rolls everything back.</param>
    /// <param name="keep">The number of kept versions.</param>
    /// <param name="entry">The audit entry.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    public Task<ChangeResult> RestoreAsync(
        CredentialName name,
        Guid? id,
        Func<CredentialTag?, bool> allows,
        Action<KekId> require,
        int keep,
        AuditEntry entry,
        CancellationToken cancellationToken
    ) =>
        ledger.ChangeAsync(
            async change =>
            {
                var current = await LockAsync(change.Transaction, name, cancellationToken);
                if (current is not null && id is null)
                {
                    return ChangeResult.Exists;
                }

                if (await FindKeptAsync(change.Transaction, name, id, cancellationToken) is not var (keptId, kekId))
                {
                    return ChangeResult.NotFound;
                }

                if (!allows(current))
                {
                    return ChangeResult.Refused;
                }

                require(kekId);
                await PointAsync(change.Transaction, name, keptId, cancellationToken);
                await (
                    current is { } replaced
                        ? ReplaceAsync(change.Transaction, replaced.VersionId, cancellationToken)
                        : RunAsync(change.Transaction, name, EndRetention, cancellationToken)
                );
                await ReviveAsync(change.Transaction, keptId, current?.VersionId, cancellationToken);
                await PutStore.PruneAsync(change.Transaction, name, keep, cancellationToken);
                var (metadata, tag) = await ReadAsync(change.Transaction, keptId, cancellationToken);
                await change.CommitAsync(entry);
                return ChangeResult.Restored(metadata, tag);
            },
            cancellationToken
        );

    // The retention ends for versions that were deleted together with the newest one, and goes on for those deleted before.
    private const string EndRetention = """
        update axvault.credential_version
        set deleted_at = null
        where name = $1
          and deleted_at = (select deleted_at from axvault.credential_version where name = $1 and position is not null order by position desc limit 1)
        """;

    private static async Task<CredentialTag?> LockAsync(NpgsqlTransaction transaction, CredentialName name, CancellationToken cancellationToken)
    {
        await using (var command = new NpgsqlCommand($"select {LockLimit.OfRows}", transaction.Connection, transaction))
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        return await PutStore.LockAsync(transaction, name, cancellationToken);
    }

    private static async Task<(Guid Id, KekId KekId)?> FindKeptAsync(
        NpgsqlTransaction transaction,
        CredentialName name,
        Guid? id,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            """
            select id, kek_id
            from axvault.credential_version
            where name = $1 and position is not null and ($2 is null or id = $2)
            order by position desc
            limit 1
            for update
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        command.Parameters.Add(Id(id));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetGuid(0), KekId.Read(reader.GetFieldValue<byte[]>(1))) : null;
    }

    private static async Task PointAsync(NpgsqlTransaction transaction, CredentialName name, Guid? versionId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into axvault.credential as c (name, version_id) values ($1, $2)
            on conflict (name) do update set version_id = excluded.version_id, previous_id = c.version_id
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        command.Parameters.Add(Id(versionId));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // The version is not current any more.
    private static async Task<int> ReplaceAsync(NpgsqlTransaction transaction, Guid versionId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            update axvault.credential_version
            set replaced_at = {Moment}, position = nextval('axvault.credential_version_position')
            where id = $1
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = versionId });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // The version is current again. It begins when the replaced one ends, and takes over the age of the credential.
    private static async Task ReviveAsync(NpgsqlTransaction transaction, Guid versionId, Guid? replaced, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            update axvault.credential_version v
            set replaced_at = null, position = null, deleted_at = null,
                created_at = coalesce(r.created_at, v.created_at), current_since = now.at, updated_at = greatest(r.updated_at, v.updated_at, now.at)
            from (select coalesce((select replaced_at from axvault.credential_version where id = $2), {Moment}) as at) as now
            left join axvault.credential_version r on r.id = $2
            where v.id = $1
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = versionId });
        command.Parameters.Add(Id(replaced));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<int> RunAsync(NpgsqlTransaction transaction, CredentialName name, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<(CredentialMetadata Metadata, CredentialTag Tag)> ReadAsync(
        NpgsqlTransaction transaction,
        Guid versionId,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            $"""
            select {CredentialStore.MetadataColumns}, v.revision
            from axvault.credential_version v left join axvault.credential_refresh r on r.version_id = v.id
            where v.id = $1
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = versionId });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var metadata = CredentialStore.ReadMetadata(reader);
        return (metadata, new CredentialTag(versionId, reader.GetInt64(CredentialStore.MetadataWidth), metadata.UpdatedAt));
    }

    private static NpgsqlParameter Id(Guid? id) => new() { Value = (object?)id ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid };
}
