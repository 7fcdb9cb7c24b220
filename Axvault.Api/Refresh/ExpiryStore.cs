using Axvault.Api.Authorization;
using Axvault.Api.Credentials;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Refresh;

/// <summary>When tokens expire, in PostgreSQL: what the sweep looks for, and what it counts.</summary>
internal sealed class ExpiryStore(NpgsqlDataSource database)
{
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
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = credential.RowId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = credential.Version });
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
}
