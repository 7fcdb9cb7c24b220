using Axvault.Api.Credentials;
using Axvault.Api.Refresh.Grants;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Refresh;

/// <summary>
/// The claims of refreshes in PostgreSQL. Each change is one statement on one row that names the state it was decided on, so of any number of
/// servers that decide the same, one gets through; none of them holds a transaction or a connection while a provider is asked.
/// </summary>
internal sealed class ClaimStore(NpgsqlDataSource database)
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
        AddClaim(command, claim);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = status.Value });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = error });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)wait ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Interval });
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
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
