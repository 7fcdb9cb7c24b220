using Axvault.Api.Authorization;
using Axvault.Api.Stored;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Refresh;

/// <summary>The expiry of tokens in PostgreSQL, for the sweep and its counts.</summary>
internal sealed class ExpiryStore(NpgsqlDataSource database)
{
    /// <summary>Returns credentials whose tokens may be due, in the order of their names. Dead ones and those in a pause are left out.</summary>
    /// <param name="rules">The rules that say when a token is due.</param>
    /// <param name="after">The name before the first.</param>
    /// <param name="limit">The greatest number.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public async Task<List<CredentialName>> FindExpiringAsync(RefreshRules rules, CredentialName? after, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            select c.name
            from axvault.credential_refresh r
            join axvault.credential_version v on v.id = r.version_id and v.revision = r.revision
            join axvault.credential c on c.name = v.name and c.version_id = v.id
            where r.token_expires_at <= clock_timestamp() + $1
              and c.name > $3
              and (r.status is distinct from 'failed' or r.error = any ($5))
              and (r.lifetime is null or r.token_expires_at <= clock_timestamp() + r.lifetime * $4)
              and (r.status is distinct from 'unknown' or r.token_expires_at <= clock_timestamp())
              and (r.next_at is null or r.next_at <= clock_timestamp())
              and (r.claimed_until is null or r.claimed_until <= clock_timestamp())
            order by c.name
            limit $2
            """
        );
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = rules.Threshold, NpgsqlDbType = NpgsqlDbType.Interval });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = after?.Value ?? "" });
        command.Parameters.Add(new NpgsqlParameter<double> { TypedValue = rules.LifetimeFraction });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. RefreshStatus.ErrorsOfOperator] });
        return await ReadNamesAsync(command, cancellationToken);
    }

    /// <summary>Returns credentials whose present version has no noted expiry.</summary>
    public async Task<List<CredentialName>> FindUnreadAsync(int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            select c.name
            from axvault.credential c
            join axvault.credential_version v on v.id = c.version_id
            left join axvault.credential_refresh r on r.version_id = v.id
            where v.type = 'oauth-credentials' and r.revision is distinct from v.revision
            limit $1
            """
        );
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return await ReadNamesAsync(command, cancellationToken);
    }

    /// <summary>Notes the expiry of a version's tokens; <see langword="null"/> when they do not expire or cannot be refreshed.</summary>
    public async Task NoteExpiryAsync(StoredCredential credential, DateTimeOffset? expiresAt, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            insert into axvault.credential_refresh as r (version_id, revision, token_expires_at)
            select id, revision, $3 from axvault.credential_version where id = $1 and revision = $2
            on conflict (version_id) do update
            set revision = excluded.revision, token_expires_at = excluded.token_expires_at, seq = r.seq + 1, status = null, error = null, attempts = 0,
                failed_at = null, next_at = null, unknown_since = null, refreshed_at = null, lifetime = null, failing_since = null, refused_settings = null,
                claim = null, claimed_at = null, claimed_until = null
            where r.revision <> excluded.revision
            """
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = credential.VersionId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = credential.Revision });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)expiresAt ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Returns the number of credentials for each refresh status, and the next expiry of a token that can still be refreshed.</summary>
    public async Task<RefreshCensus> CountAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            select
              case when r.status = 'failed' and r.error = any ($1) then 'misconfigured' else coalesce(r.status, 'none') end as status,
              count(*), min(r.token_expires_at), clock_timestamp()
            from axvault.credential c
            join axvault.credential_version v on v.id = c.version_id
            left join axvault.credential_refresh r on r.version_id = v.id and r.revision = v.revision
            where v.type = 'oauth-credentials'
            group by 1
            """
        );
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. RefreshStatus.ErrorsOfOperator] });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var counts = new Dictionary<string, long>();
        TimeSpan? next = null;
        while (await reader.ReadAsync(cancellationToken))
        {
            var status = reader.GetString(0);
            counts.Add(status, reader.GetInt64(1));
            // A failed credential has a status of its own, so it does not count as the next to expire.
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
}
