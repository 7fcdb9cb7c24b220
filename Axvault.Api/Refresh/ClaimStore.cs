using Axvault.Api.Database;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Stored;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Refresh;

/// <summary>
/// The claims of refreshes in PostgreSQL. Each change is one statement on one row, and applies only while the row is as the server read it. When several
/// servers decide on the same state, exactly one succeeds. No server holds a transaction or a connection while it asks a provider.
/// </summary>
internal sealed class ClaimStore(NpgsqlDataSource database, StatementPreparation preparation)
{
    // Failures that may pass, without a success in this time, are final.
    private const string Patience = "interval '4 days'";

    // More than the servers of a fleet have different settings. The newest ones count.
    private const int MaxRefusedSettings = 32;

    // A refresh token that the provider certainly did not use is not spent. $4 has its hashes.
    private const string Unspend = """
        update axvault.refresh_token t set spent_at = null
        from ended e
        where t.hash = any ($4) and t.version_id = e.version_id
        """;

    /// <summary>Claims the refresh of a credential, and marks its refresh token as spent, before anyone sends it.</summary>
    /// <param name="credential">The credential, as it was read.</param>
    /// <param name="token">The mark of its refresh token.</param>
    /// <param name="lease">The duration of the claim, unless it is prolonged.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    /// <returns>
    /// The claim, or <see langword="null"/> when the credential has changed since it was read, or is claimed; and <see langword="true"/> when another
    /// version has the token, and the credential is marked as failed.
    /// </returns>
    public async Task<(RefreshClaim? Claim, bool IsTaken)> ClaimAsync(
        StoredCredential credential,
        RefreshTokenMark token,
        TimeSpan lease,
        CancellationToken cancellationToken
    )
    {
        var id = Guid.NewGuid();
        return await preparation.RunAsync(
            database,
            "select claim_start, is_taken from axvault.refresh_claim($1, $2, $3, $4, $5, $6, $7)",
            [
                new NpgsqlParameter<Guid> { TypedValue = credential.VersionId },
                new NpgsqlParameter<long> { TypedValue = credential.Revision },
                new NpgsqlParameter<long> { TypedValue = credential.RefreshSequence },
                new NpgsqlParameter<Guid> { TypedValue = id },
                new NpgsqlParameter<TimeSpan> { TypedValue = lease, NpgsqlDbType = NpgsqlDbType.Interval },
                new NpgsqlParameter<int> { TypedValue = token.LockKey },
                PutStore.Hashes(token.Hashes),
            ],
            async reader =>
            {
                await reader.ReadAsync(cancellationToken);
                return reader.IsDBNull(0)
                    ? (null, reader.GetBoolean(1))
                    : (new RefreshClaim(id, credential.VersionId, credential.Revision, reader.GetFieldValue<DateTimeOffset>(0), token), false);
            },
            cancellationToken
        );
    }

    /// <summary>Returns <see langword="true"/> while the credential is as it was read and its claim runs; otherwise <see langword="false"/>.</summary>
    public async Task<bool> IsStillClaimedAsync(StoredCredential credential, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            select exists (
              select from axvault.credential_refresh
              where version_id = $1 and revision = $2 and seq = $3 and claimed_until > clock_timestamp())
            """
        );
        AddRow(command, credential.VersionId, credential.Revision);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = credential.RefreshSequence });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Prolongs a claim. Returns <see langword="false"/> when this server no longer holds it.</summary>
    public async Task<bool> ProlongAsync(RefreshClaim claim, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            update axvault.credential_refresh
            set claimed_until = clock_timestamp() + $4
            where version_id = $1 and revision = $2 and claim = $3
            """
        );
        AddClaim(command, claim);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = lease, NpgsqlDbType = NpgsqlDbType.Interval });
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Releases a claim under which nothing was sent. The refresh status stays as it was.</summary>
    public async Task ReleaseAsync(RefreshClaim claim, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            with ended as (
              update axvault.credential_refresh
              set seq = seq + 1, claim = null, claimed_at = null, claimed_until = null
              where version_id = $1 and revision = $2 and claim = $3
              returning version_id, status, unknown_since, refused_settings)
            {Unspend} and e.unknown_since is null and (e.status is distinct from 'failed' or e.refused_settings is not null)
            """
        );
        AddClaim(command, claim);
        command.Parameters.Add(PutStore.Hashes(claim.Token.Hashes));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Ends a claim with a failure. Nothing is recorded when the credential has changed, or another server has marked the claim as lost: the stored state is
    /// then newer.
    /// </summary>
    /// <param name="claim">The claim.</param>
    /// <param name="status">The new status of the credential.</param>
    /// <param name="error">One of the codes in <see cref="RefreshError"/>.</param>
    /// <param name="wait">The time before the next attempt.</param>
    /// <param name="refusedSettings">The keyed hash of the settings that the provider refused, if it did.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    /// <returns>The status that was recorded; <see langword="null"/> when none was.</returns>
    public async Task<RefreshStatus?> FailAsync(
        RefreshClaim claim,
        RefreshStatus status,
        string error,
        TimeSpan? wait,
        byte[]? refusedSettings,
        CancellationToken cancellationToken
    )
    {
        // The state belongs to the version. When the version was replaced meanwhile and is restored, it remembers that its refresh token was used.
        await using var command = database.CreateCommand(
            $"""
            with ended as (
              update axvault.credential_refresh
              set seq              = seq + 1,
                  status           = case when failing_since <= clock_timestamp() - {Patience} then 'failed' else $6 end,
                  error            = $7,
                  attempts         = attempts + 1,
                  failed_at        = clock_timestamp(),
                  failing_since    = coalesce(failing_since, clock_timestamp()),
                  refused_settings = case when $9 is null then refused_settings else (array_prepend($9, refused_settings))[1:{MaxRefusedSettings}] end,
                  next_at          = clock_timestamp() + $8,
                  unknown_since    = case when $6 = 'unknown' then coalesce(unknown_since, claimed_at) end,
                  claim            = null,
                  claimed_at       = null,
                  claimed_until    = null
              where version_id = $1 and revision = $2 and claim = $3
              returning version_id, status, error),
            unspent as ({Unspend} and $5)
            select status, error from ended
            """
        );
        AddClaim(command, claim);
        command.Parameters.Add(PutStore.Hashes(claim.Token.Hashes));
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = status != RefreshStatus.Unknown && status != RefreshStatus.Failed });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = (status == RefreshStatus.Misconfigured ? RefreshStatus.Failed : status).Value });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = error });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)wait ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Interval });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)refusedSettings ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? RefreshStatus.FromStored(reader.GetString(0), reader.GetString(1)) : null;
    }

    /// <summary>Records that the server that claimed the refresh was lost. The refresh token may have been used.</summary>
    /// <param name="credential">The credential, as it was read with an expired claim.</param>
    /// <param name="status">The new status of the credential.</param>
    /// <param name="wait">The time before the next attempt.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    /// <returns><see langword="true"/> when the loss was recorded; <see langword="false"/> when the claim has ended or was prolonged meanwhile.</returns>
    public async Task<bool> AbandonAsync(StoredCredential credential, RefreshStatus status, TimeSpan? wait, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            update axvault.credential_refresh
            set seq           = seq + 1,
                status        = $4,
                error         = $5,
                attempts      = attempts + 1,
                failed_at     = clock_timestamp(),
                failing_since = coalesce(failing_since, clock_timestamp()),
                next_at       = clock_timestamp() + $6,
                unknown_since = coalesce(unknown_since, claimed_at),
                claim         = null,
                claimed_at    = null,
                claimed_until = null
            where version_id = $1 and revision = $2 and seq = $3 and claimed_until <= clock_timestamp()
            """
        );
        AddRow(command, credential.VersionId, credential.Revision);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = credential.RefreshSequence });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = status.Value });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = RefreshError.ServerLost });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)wait ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Interval });
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    // The parameters $1 and $2.
    private static void AddRow(NpgsqlCommand command, Guid versionId, long revision)
    {
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = versionId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = revision });
    }

    // The parameters $1 to $3.
    private static void AddClaim(NpgsqlCommand command, RefreshClaim claim)
    {
        AddRow(command, claim.VersionId, claim.Revision);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = claim.Id });
    }
}
