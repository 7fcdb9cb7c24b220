using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Encryption;
using Axvault.Api.Stored;
using Npgsql;

namespace Axvault.Api.Credentials.Versions;

/// <summary>Restores credentials in PostgreSQL: moves the pointer of a name to a kept version, as <see cref="ChangeStore"/> moves it.</summary>
internal sealed class RestoreStore(Ledger ledger)
{
    /// <summary>Makes a kept version current again, with its newest tokens. The current version becomes a kept one.</summary>
    /// <param name="name">The credential.</param>
    /// <param name="id">The version; <see langword="null"/> for the newest one of a deleted credential.</param>
    /// <param name="allows">The condition on the current version.</param>
    /// <param name="open">Opens the version, and returns the mark of its refresh token. Its exception rolls everything back.</param>
    /// <param name="isForced">
    /// <see langword="true"/> to restore also a refresh token that is spent, or held by another credential; otherwise <see langword="false"/>.
    /// </param>
    /// <param name="keep">The number of kept versions.</param>
    /// <param name="entry">The audit entry.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    public Task<ChangeResult> RestoreAsync(
        CredentialName name,
        Guid? id,
        Func<CredentialTag?, bool> allows,
        Func<KeptVersion, RefreshTokenMark?> open,
        bool isForced,
        int keep,
        AuditEntry entry,
        CancellationToken cancellationToken
    ) =>
        ledger.ChangeAsync(
            async change =>
            {
                var current = await ChangeStore.LockAsync(change.Transaction, name, cancellationToken);
                if (current is not null && id is null)
                {
                    return ChangeResult.Exists;
                }

                if (await FindKeptAsync(change.Transaction, name, id, cancellationToken) is not { } kept)
                {
                    return ChangeResult.NotFound;
                }

                if (!allows(current))
                {
                    return ChangeResult.Refused;
                }

                var mark = open(kept);
                await ChangeStore.PointAsync(change.Transaction, name, kept.Id, cancellationToken);
                await (
                    current is { } replaced
                        ? ChangeStore.ReplaceAsync(change.Transaction, replaced.VersionId, cancellationToken)
                        : ChangeStore.RunAsync(change.Transaction, name, EndRetention, cancellationToken)
                );
                await ReviveAsync(change.Transaction, kept.Id, current?.VersionId, cancellationToken);
                await TakeTokenAsync(change.Transaction, kept.Id, name, mark, isForced, cancellationToken);
                await PutStore.PruneAsync(change.Transaction, name, keep, cancellationToken);
                var (metadata, tag) = await ReadAsync(change.Transaction, kept.Id, cancellationToken);
                await change.CommitAsync(entry.Stating(kept.Id, tag.Revision));
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

    private static async Task<KeptVersion?> FindKeptAsync(
        NpgsqlTransaction transaction,
        CredentialName name,
        Guid? id,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            """
            select id, type, agent, provider, expires_at, revision, envelope
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
        command.Parameters.Add(ChangeStore.Id(id));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new KeptVersion(
                reader.GetGuid(0),
                new EnvelopeSubject(
                    reader.GetString(1),
                    reader.IsDBNull(2) ? null : reader.GetString(2),
                    reader.IsDBNull(3) ? null : reader.GetString(3),
                    reader.IsDBNull(4) ? null : reader.GetFieldValue<DateTimeOffset>(4),
                    reader.GetInt64(5)
                ),
                reader.GetFieldValue<byte[]>(6)
            )
            : null;
    }

    private static async Task TakeTokenAsync(
        NpgsqlTransaction transaction,
        Guid versionId,
        CredentialName name,
        RefreshTokenMark? mark,
        bool isForced,
        CancellationToken cancellationToken
    )
    {
        if (mark is null)
        {
            return;
        }

        await using var command = new NpgsqlCommand(
            """
            update axvault.credential_refresh
            set seq = seq + 1, status = 'failed', error = 'refresh_token_taken', failed_at = clock_timestamp()
            where version_id = $1 and not (select axvault.refresh_token_take($1, $2, $3, $4, $5))
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = versionId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = mark.LockKey });
        command.Parameters.Add(PutStore.Hashes(mark.Hashes));
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = isForced });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // The version is current again. It begins when the replaced one ends, and takes over the age of the credential.
    private static async Task ReviveAsync(NpgsqlTransaction transaction, Guid versionId, Guid? replaced, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            update axvault.credential_version v
            set replaced_at = null, position = null, deleted_at = null,
                created_at = coalesce(r.created_at, v.created_at), current_since = now.at, updated_at = greatest(r.updated_at, v.updated_at, now.at)
            from (select coalesce((select replaced_at from axvault.credential_version where id = $2), {ChangeStore.Moment}) as at) as now
            left join axvault.credential_version r on r.id = $2
            where v.id = $1
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = versionId });
        command.Parameters.Add(ChangeStore.Id(replaced));
        await command.ExecuteNonQueryAsync(cancellationToken);
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
}

/// <summary>A kept version that is to be current again.</summary>
/// <param name="Id">The id of the version.</param>
/// <param name="Subject">The columns that the envelope is bound to.</param>
/// <param name="Envelope">The sealed data.</param>
internal sealed record KeptVersion(Guid Id, EnvelopeSubject Subject, byte[] Envelope);
