using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Credentials;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Refresh.Spool;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Refresh;

/// <summary>
/// The refreshes of the fleet in PostgreSQL. Each change is one statement on one row that names the state it was decided on, so of any number of
/// servers that decide the same, one gets through; none of them holds a transaction or a connection while a provider is asked.
/// </summary>
internal sealed class RefreshStore(NpgsqlDataSource database)
{
    /// <summary>Claims the refresh of a credential that is as it was read; <see langword="null"/> when it has changed since, or somebody claimed it.</summary>
    /// <param name="credential">The credential, as it was read.</param>
    /// <param name="lease">How long the claim lasts unless it is prolonged.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    public async Task<RefreshClaim?> ClaimAsync(StoredCredential credential, TimeSpan lease, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(credential);

        var id = Guid.NewGuid();
        await using var command = database.CreateCommand(
            """
            update axvault.credential
            set refresh_seq           = refresh_seq + 1,
                refresh_claim         = $4,
                refresh_claimed_at    = clock_timestamp(),
                refresh_claimed_until = clock_timestamp() + $5,
                refresh_status        = case when refresh_of = version then refresh_status end,
                refresh_error         = case when refresh_of = version then refresh_error end,
                refresh_attempts      = case when refresh_of = version then refresh_attempts else 0 end,
                refresh_failed_at     = case when refresh_of = version then refresh_failed_at end,
                refresh_next_at       = case when refresh_of = version then refresh_next_at end,
                refresh_unknown_since = case when refresh_of = version then refresh_unknown_since end,
                refreshed_at          = case when refresh_of = version then refreshed_at end,
                refreshed_lifetime    = case when refresh_of = version then refreshed_lifetime end,
                refresh_of            = version
            where id = $1 and version = $2 and refresh_seq = $3
            returning refresh_claimed_at
            """);
        AddRow(command, credential.RowId, credential.Version);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = credential.RefreshSequence });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = lease, NpgsqlDbType = NpgsqlDbType.Interval });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new RefreshClaim(id, credential.RowId, credential.Version, reader.GetFieldValue<DateTimeOffset>(0))
            : null;
    }

    /// <summary>Prolongs a claim; <see langword="false"/> when it is not held any more.</summary>
    public async Task<bool> ProlongAsync(RefreshClaim claim, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            update axvault.credential
            set refresh_claimed_until = clock_timestamp() + $4
            where id = $1 and version = $2 and refresh_claim = $3
            """);
        AddClaim(command, claim);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = lease, NpgsqlDbType = NpgsqlDbType.Interval });
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Gives up a claim under which nothing was sent; all else stays as it was.</summary>
    public async Task ReleaseAsync(RefreshClaim claim, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            update axvault.credential
            set refresh_seq = refresh_seq + 1, refresh_claim = null, refresh_claimed_at = null, refresh_claimed_until = null
            where id = $1 and version = $2 and refresh_claim = $3
            """);
        AddClaim(command, claim);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Ends a claim with a failure, unless the credential has changed since or the claim was given up for lost: then what is stored is newer, and this
    /// failure says nothing of it.
    /// </summary>
    /// <param name="claim">The claim.</param>
    /// <param name="status">What the credential's status becomes.</param>
    /// <param name="error">One of <see cref="RefreshError"/>.</param>
    /// <param name="wait">How long nothing is tried again.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    /// <returns>Whether it was recorded.</returns>
    public async Task<bool> FailAsync(RefreshClaim claim, RefreshStatus status, string error, TimeSpan? wait, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(status);

        // A state that was replaced or deleted meanwhile, and is restored, must not be taken for one whose token was not used.
        return await FailAsync("credential", "id", claim, status, error, wait, cancellationToken)
            || await FailAsync("credential_version", "row_id", claim, status, error, wait, cancellationToken);
    }

    private async Task<bool> FailAsync(string table, string key, RefreshClaim claim, RefreshStatus status, string error, TimeSpan? wait, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            update axvault.{table}
            set refresh_seq           = refresh_seq + 1,
                refresh_status        = $4,
                refresh_error         = $5,
                refresh_attempts      = refresh_attempts + 1,
                refresh_failed_at     = clock_timestamp(),
                refresh_next_at       = clock_timestamp() + $6,
                refresh_unknown_since = case when $4 = 'unknown' then coalesce(refresh_unknown_since, refresh_claimed_at) end,
                refresh_claim         = null,
                refresh_claimed_at    = null,
                refresh_claimed_until = null
            where {key} = $1 and version = $2 and refresh_claim = $3
            """);
        AddFailure(command, claim, status, error, wait);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Records that whoever claimed the refresh of <paramref name="credential"/> was lost: whether the token was used is not known.</summary>
    /// <param name="credential">The credential, as it was read: with a claim that has run out.</param>
    /// <param name="status">What the credential's status becomes.</param>
    /// <param name="wait">How long nothing is tried again.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    /// <returns>Whether it was recorded; not when the claim has ended or was prolonged meanwhile.</returns>
    public async Task<bool> AbandonAsync(StoredCredential credential, RefreshStatus status, TimeSpan? wait, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(credential);
        ArgumentNullException.ThrowIfNull(status);

        await using var command = database.CreateCommand(
            """
            update axvault.credential
            set refresh_seq           = refresh_seq + 1,
                refresh_status        = $4,
                refresh_error         = $5,
                refresh_attempts      = refresh_attempts + 1,
                refresh_failed_at     = clock_timestamp(),
                refresh_next_at       = clock_timestamp() + $6,
                refresh_unknown_since = coalesce(refresh_unknown_since, refresh_claimed_at),
                refresh_claim         = null,
                refresh_claimed_at    = null,
                refresh_claimed_until = null
            where id = $1 and version = $2 and refresh_seq = $3 and refresh_claimed_until <= clock_timestamp()
            """);
        AddRow(command, credential.RowId, credential.Version);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = credential.RefreshSequence });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = status.Value });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = RefreshError.ServerLost });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)wait ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Interval });
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

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
            if (await CompleteCurrentAsync(refreshed, note, cancellationToken) || await WasCompletedAsync(refreshed.RowId, note, cancellationToken))
            {
                return TokenFate.Stored;
            }

            if (await CompleteKeptAsync(refreshed, keptNote, cancellationToken) || await WasCompletedKeptAsync(refreshed.RowId, keptNote, cancellationToken))
            {
                return TokenFate.Kept;
            }

            if (!await IsAnywhereAsync(refreshed, cancellationToken))
            {
                return TokenFate.Dropped;
            }
        }
    }

    private Task<bool> CompleteCurrentAsync(RefreshedCredential refreshed, AuditNote note, CancellationToken cancellationToken) =>
        CompleteAsync("credential", "id", refreshed, note, cancellationToken);

    private Task<bool> CompleteKeptAsync(RefreshedCredential refreshed, AuditNote note, CancellationToken cancellationToken) =>
        CompleteAsync("credential_version", "row_id", refreshed, note, cancellationToken);

    private async Task<bool> CompleteAsync(string table, string key, RefreshedCredential refreshed, AuditNote note, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            with stored as (
              update axvault.{table}
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
              where {key} = $1 and version = $2
              returning {key})
            insert into axvault.audit_noted (id, entry, chain_key, seal) select $7, $8, $9, $10 from stored
            """);
        AddTokens(command, refreshed, note);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    // Another version is there. It may be that of an earlier attempt, whose answer was lost, and which no standby has yet: a lock on the row is written, too, and its
    // commit waits until the synchronous standby has all that came before.
    private async Task<bool> WasCompletedAsync(Guid rowId, AuditNote note, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            select exists (select from axvault.audit_noted where id = $2)
            from axvault.credential
            where id = $1
            for no key update
            """);
        return await IsNotedAsync(command, rowId, note, cancellationToken);
    }

    // The same of a state that is kept.
    private async Task<bool> WasCompletedKeptAsync(Guid rowId, AuditNote note, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            select exists (select from axvault.audit_noted where id = $2)
            from axvault.credential_version
            where row_id = $1
            for no key update
            """);
        return await IsNotedAsync(command, rowId, note, cancellationToken);
    }

    private static async Task<bool> IsNotedAsync(NpgsqlCommand command, Guid rowId, AuditNote note, CancellationToken cancellationToken)
    {
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = rowId });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = note.Id });
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

    /// <summary>Whether nothing of a credential has changed since it was read, and its claim still runs.</summary>
    public async Task<bool> IsStillClaimedAsync(StoredCredential credential, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(credential);

        await using var command = database.CreateCommand(
            """
            select exists (
              select from axvault.credential
              where id = $1 and version = $2 and refresh_seq = $3 and refresh_claimed_until > clock_timestamp())
            """);
        AddRow(command, credential.RowId, credential.Version);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = credential.RefreshSequence });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Credentials whose tokens may be due and are neither dead nor in their pause, in the order of their names.</summary>
    /// <param name="rules">When they are due.</param>
    /// <param name="after">The name before the first.</param>
    /// <param name="limit">The greatest number.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public async Task<List<CredentialName>> FindExpiringAsync(RefreshRules rules, CredentialName? after, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rules);

        await using var command = database.CreateCommand(
            """
            select name
            from axvault.credential
            where token_of = version
              and token_expires_at <= clock_timestamp() + $1
              and name > $3
              and (refresh_of is distinct from version
                or (refresh_status is distinct from 'failed'
                  and (refreshed_lifetime is null or token_expires_at <= clock_timestamp() + refreshed_lifetime * $4)
                  and (refresh_status is distinct from 'unknown' or token_expires_at <= clock_timestamp())
                  and (refresh_next_at is null or refresh_next_at <= clock_timestamp())
                  and (refresh_claimed_until is null or refresh_claimed_until <= clock_timestamp())))
            order by name
            limit $2
            """);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = rules.Threshold, NpgsqlDbType = NpgsqlDbType.Interval });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = after?.Value ?? "" });
        command.Parameters.Add(new NpgsqlParameter<double> { TypedValue = rules.LifetimeFraction });
        return await ReadNamesAsync(command, cancellationToken);
    }

    /// <summary>Credentials of whose present version it is not known when their tokens expire: a server that knew nothing of it wrote them.</summary>
    public async Task<List<CredentialName>> FindUnreadAsync(int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            select name
            from axvault.credential
            where type = 'oauth-credentials' and token_of is distinct from version
            limit $1
            """);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return await ReadNamesAsync(command, cancellationToken);
    }

    /// <summary>Notes when the tokens of a version expire; <see langword="null"/> when they do not, or cannot be refreshed.</summary>
    public async Task NoteExpiryAsync(StoredCredential credential, DateTimeOffset? expiresAt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(credential);

        await using var command = database.CreateCommand("update axvault.credential set token_of = version, token_expires_at = $3 where id = $1 and version = $2");
        AddRow(command, credential.RowId, credential.Version);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)expiresAt ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>How many credentials have each refresh status, and when the next token expires of those that can still be refreshed.</summary>
    public async Task<RefreshCensus> CountAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            select coalesce(case when refresh_of = version then refresh_status end, 'none') as status, count(*), min(token_expires_at) filter (where token_of = version), clock_timestamp()
            from axvault.credential
            where type = 'oauth-credentials'
            group by 1
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var counts = new Dictionary<string, long>();
        TimeSpan? next = null;
        while (await reader.ReadAsync(cancellationToken))
        {
            var status = reader.GetString(0);
            counts.Add(status, reader.GetInt64(1));
            // What failed for good is not waited for: its status says so.
            if (!reader.IsDBNull(2) && status != RefreshStatus.Failed.Value)
            {
                var left = reader.GetFieldValue<DateTimeOffset>(2) - reader.GetFieldValue<DateTimeOffset>(3);
                next = next < left ? next : left;
            }
        }

        return new RefreshCensus(counts, next);
    }

    private static async Task<List<CredentialName>> ReadNamesAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<CredentialName> names = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            names.Add(CredentialName.FromStored(reader.GetString(0)));
        }

        return names;
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

    // $1 to $6
    private static void AddFailure(NpgsqlCommand command, RefreshClaim claim, RefreshStatus status, string error, TimeSpan? wait)
    {
        AddClaim(command, claim);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = status.Value });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = error });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)wait ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Interval });
    }

    // $1 and $2
    private static void AddRow(NpgsqlCommand command, Guid rowId, long version)
    {
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = rowId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = version });
    }

    // $1 to $3
    private static void AddClaim(NpgsqlCommand command, RefreshClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);

        AddRow(command, claim.RowId, claim.Version);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = claim.Id });
    }
}
