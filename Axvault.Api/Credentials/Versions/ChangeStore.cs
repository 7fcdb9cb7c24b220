using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Database;
using Axvault.Api.Stored;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Credentials.Versions;

/// <summary>
/// Deletes and purges credentials in PostgreSQL. Each change locks the name, so changes of a credential come one after the other.
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
                return ChangeResult.Made;
            },
            cancellationToken
        );

    /// <summary>Changes the title and the notes of the current version. Its revision stays, so a refresh under way is not disturbed.</summary>
    /// <param name="name">The credential.</param>
    /// <param name="allows">The condition on the current version.</param>
    /// <param name="annotation">The change.</param>
    /// <param name="entry">The audit entry.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    public Task<ChangeResult> AnnotateAsync(
        CredentialName name,
        Func<CredentialTag?, bool> allows,
        AnnotationRequest annotation,
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

                await using var command = new NpgsqlCommand(
                    $"""
                    update axvault.credential_version
                    set display_name = case when $2 then $3 else display_name end, notes = case when $4 then $5 else notes end,
                        updated_at = greatest(updated_at + interval '1 millisecond', {Moment})
                    where id = $1
                    """,
                    change.Transaction.Connection,
                    change.Transaction
                );
                command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = current.VersionId });
                AddText(command, annotation.DisplayName);
                AddText(command, annotation.Notes);
                await command.ExecuteNonQueryAsync(cancellationToken);
                await change.CommitAsync(entry);
                return ChangeResult.Made;
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
                return ChangeResult.Made;
            },
            cancellationToken
        );

    /// <summary>Locks a name until <paramref name="transaction"/> ends, and returns its current version.</summary>
    public static async Task<CredentialTag?> LockAsync(NpgsqlTransaction transaction, CredentialName name, CancellationToken cancellationToken)
    {
        await using (var command = new NpgsqlCommand($"select {LockLimit.OfRows}", transaction.Connection, transaction))
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        return await PutStore.LockAsync(transaction, name, cancellationToken);
    }

    /// <summary>Points a name to another version, or to none.</summary>
    public static async Task PointAsync(NpgsqlTransaction transaction, CredentialName name, Guid? versionId, CancellationToken cancellationToken)
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

    /// <summary>Marks a version as replaced.</summary>
    public static async Task<int> ReplaceAsync(NpgsqlTransaction transaction, Guid versionId, CancellationToken cancellationToken)
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

    /// <summary>Runs a statement with one parameter: the name.</summary>
    public static async Task<int> RunAsync(NpgsqlTransaction transaction, CredentialName name, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Returns the parameter for the id of a version.</summary>
    public static NpgsqlParameter Id(Guid? id) => new() { Value = (object?)id ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid };

    private static void AddText(NpgsqlCommand command, Http.OptionalText text)
    {
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = text.IsGiven });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)text.Text ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
    }
}
