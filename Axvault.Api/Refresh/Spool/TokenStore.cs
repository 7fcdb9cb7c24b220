using Axvault.Api.Audit;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Refresh.Spool;

/// <summary>Refreshed tokens in PostgreSQL: in the place of the version that was refreshed, wherever that is now.</summary>
internal sealed class TokenStore(NpgsqlDataSource database)
{
    private static readonly Place Current = new("credential", "id");
    private static readonly Place Kept = new("credential_version", "row_id");

    /// <summary>
    /// Stores new tokens in place of the version that was refreshed, which may have been replaced or deleted meanwhile: then in the state that is kept of it. The
    /// version alone decides: the tokens are the newest there are, whatever became of the claim.
    /// </summary>
    /// <param name="refreshed">The tokens.</param>
    /// <param name="note">What the audit log is to say of it, when it is the current one.</param>
    /// <param name="keptNote">What the audit log is to say of it, when it is kept.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    public async Task<TokenFate> CompleteAsync(RefreshedCredential refreshed, AuditNote note, AuditNote keptNote, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(refreshed);

        // It is in one of the two, and may be moved between the looks; each further turn means that somebody has moved it.
        while (true)
        {
            if (await CompleteAsync(Current, refreshed, note, cancellationToken) || await WasCompletedAsync(Current, refreshed, note, cancellationToken))
            {
                return TokenFate.Stored;
            }

            if (await CompleteAsync(Kept, refreshed, keptNote, cancellationToken) || await WasCompletedAsync(Kept, refreshed, keptNote, cancellationToken))
            {
                return TokenFate.Kept;
            }

            if (!await IsAnywhereAsync(refreshed, cancellationToken))
            {
                return TokenFate.Dropped;
            }
        }
    }

    private async Task<bool> CompleteAsync(Place place, RefreshedCredential refreshed, AuditNote note, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            with stored as (
              update axvault.{place.Table}
              set envelope              = $3,
                  expires_at            = $4,
                  version               = version + 1,
                  updated_at            = greatest(updated_at, date_trunc('milliseconds', clock_timestamp())),
                  token_of              = version + 1,
                  token_expires_at      = $4,
                  refresh_of            = version + 1,
                  refresh_seq           = refresh_seq + 1,
                  refresh_status        = 'ok',
                  refresh_error         = null,
                  refresh_attempts      = 0,
                  refresh_failed_at     = null,
                  refresh_next_at       = null,
                  refresh_unknown_since = null,
                  refreshed_at          = $5,
                  refreshed_lifetime    = $6,
                  refresh_claim         = null,
                  refresh_claimed_at    = null,
                  refresh_claimed_until = null
              where {place.Key} = $1 and version = $2
              returning version)
            insert into axvault.audit_noted (id, entry, chain_key, seal) select $7, $8, $9, $10 from stored
            """);
        AddTokens(command, refreshed, note);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    // Another version is there. It may be that of an earlier attempt, whose answer was lost, and which no standby has yet: a lock on the row is written, too, and its
    // commit waits until the synchronous standby has all that came before. Its note may be in the chain already: then the tokens tell.
    private async Task<bool> WasCompletedAsync(Place place, RefreshedCredential refreshed, AuditNote note, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            select envelope = $3 or exists (select from axvault.audit_noted where id = $2)
            from axvault.{place.Table}
            where {place.Key} = $1
            for no key update
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = refreshed.RowId });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = note.Id });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = refreshed.Envelope });
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    // One statement sees one moment, in which it is in one of the two.
    private async Task<bool> IsAnywhereAsync(RefreshedCredential refreshed, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            select exists (select from axvault.credential where id = $1 and version = $2)
              or exists (select from axvault.credential_version where row_id = $1 and version = $2)
            """);
        AddRow(command, refreshed.RowId, refreshed.Version);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    // $1 to $10
    private static void AddTokens(NpgsqlCommand command, RefreshedCredential refreshed, AuditNote note)
    {
        AddRow(command, refreshed.RowId, refreshed.Version);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = refreshed.Envelope });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = refreshed.ExpiresAt });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = refreshed.IssuedAt });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)refreshed.Lifetime ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Interval });
        AuditNoteStore.Add(command, note);
    }

    // $1 and $2
    private static void AddRow(NpgsqlCommand command, Guid rowId, long version)
    {
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = rowId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = version });
    }

    private sealed record Place(string Table, string Key);
}
