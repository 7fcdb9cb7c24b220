using Axvault.Api.Audit;
using Axvault.Api.Chain;
using Axvault.Api.Database;
using Axvault.Api.Stored;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Refresh.Spool;

/// <summary>Refreshed tokens in PostgreSQL, in the version that was refreshed.</summary>
internal sealed class TokenStore(Ledger ledger, StatementPreparation preparation)
{
    /// <summary>
    /// Stores new tokens in place of the refreshed revision, also when the version was replaced or deleted meanwhile. Only the revision decides, not the claim:
    /// these tokens are the newest.
    /// </summary>
    /// <param name="refreshed">The tokens.</param>
    /// <param name="entry">The audit entry when the version is the current one.</param>
    /// <param name="keptEntry">The audit entry when the version is a kept one.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    public Task<TokenFate> CompleteAsync(RefreshedCredential refreshed, AuditEntry entry, AuditEntry keptEntry, CancellationToken cancellationToken) =>
        ledger.ForceChangeAsync(
            async change =>
            {
                if (await StoreAsync(change.Transaction, refreshed, cancellationToken) is { } isCurrent)
                {
                    await change.CommitAsync((isCurrent ? entry : keptEntry).Stating(refreshed.VersionId, refreshed.Revision + 1));
                    return isCurrent ? TokenFate.Stored : TokenFate.Kept;
                }

                return await FindAsync(change.Transaction, refreshed, cancellationToken);
            },
            cancellationToken
        );

    // Returns true when the version is current, false when it is a kept one, and null when the revision is gone.
    private async Task<bool?> StoreAsync(NpgsqlTransaction transaction, RefreshedCredential refreshed, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            with stored as (
              update axvault.credential_version
              set envelope   = $3,
                  expires_at = $4,
                  revision   = revision + 1,
                  updated_at = greatest(updated_at, date_trunc('milliseconds', clock_timestamp()))
              where id = $1 and revision = $2
              returning id, name, revision),
            refreshed as (
              insert into axvault.credential_refresh as r (version_id, revision, token_expires_at, status, refreshed_at, lifetime)
              select id, revision, $4, 'ok', $5, $6 from stored
              on conflict (version_id) do update
              set revision = excluded.revision, token_expires_at = excluded.token_expires_at, seq = r.seq + 1, status = 'ok', error = null, attempts = 0,
                  failed_at = null, next_at = null, unknown_since = null, refreshed_at = excluded.refreshed_at, lifetime = excluded.lifetime,
                  failing_since = null, refused_settings = null, claim = null, claimed_at = null, claimed_until = null),
            read as (delete from axvault.unread_answer where version_id = (select id from stored))
            select c.version_id is not distinct from s.id,
                   case when $7::bytea[] is not null then axvault.refresh_token_hold(s.id, s.name, $7) end
            from stored s left join axvault.credential c on c.name = s.name
            """,
            transaction.Connection,
            transaction
        );
        AddRow(command, refreshed);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = refreshed.Envelope });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = refreshed.ExpiresAt });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = refreshed.IssuedAt });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)refreshed.Lifetime ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Interval });
        command.Parameters.Add(PutStore.Hashes(refreshed.RefreshTokenHashes));
        await preparation.PrepareAsync(command, cancellationToken);
        return await command.ExecuteScalarAsync(cancellationToken) as bool?;
    }

    // The revision is gone. An earlier attempt whose answer was lost may have stored these very tokens: then they are there. No standby may have them yet. The
    // lock is a write, so the commit waits until a synchronous standby has everything before it.
    private static async Task<TokenFate> FindAsync(NpgsqlTransaction transaction, RefreshedCredential refreshed, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select c.version_id is not distinct from v.id
            from axvault.credential_version v left join axvault.credential c on c.name = v.name
            where v.id = $1 and v.revision = $2 + 1 and v.envelope = $3
            for no key update of v
            """,
            transaction.Connection,
            transaction
        );
        AddRow(command, refreshed);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = refreshed.Envelope });
        var isCurrent = await command.ExecuteScalarAsync(cancellationToken) as bool?;
        await transaction.CommitAsync(cancellationToken);
        return isCurrent switch
        {
            true => TokenFate.Stored,
            false => TokenFate.Kept,
            _ => TokenFate.Dropped,
        };
    }

    // The parameters $1 and $2.
    private static void AddRow(NpgsqlCommand command, RefreshedCredential refreshed)
    {
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = refreshed.VersionId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = refreshed.Revision });
    }
}
