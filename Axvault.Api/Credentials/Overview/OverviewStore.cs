using Axvault.Api.Authorization;
using Axvault.Api.Stored;
using Npgsql;

namespace Axvault.Api.Credentials.Overview;

/// <summary>Counts of current credentials in PostgreSQL.</summary>
internal sealed class OverviewStore(NpgsqlDataSource database)
{
    // A refresh is alive when the vault knows a refresh token, or has not looked yet, and the last attempt did not end it. Status as stored.
    private static readonly string Count = $"""
        select v.type, known.status, known.is_renewed, known.expiry < now(), known.expiry >= now() and known.expiry < now() + interval '1 day',
          case when known.expiry >= now() and known.expiry < now() + interval '7 days' then date_trunc('hour', known.expiry, 'UTC') end, count(*)
        from {CredentialStore.Current}
        cross join lateral (
          select {CredentialStore.Expiry} as expiry, coalesce({CredentialListStore.Status}, '{RefreshStatus.None}') as status) as told
        cross join lateral (
          select told.expiry, told.status,
            $3 and v.type = 'oauth-credentials' and told.status in ('none', 'ok', 'retrying')
              and (r.revision is distinct from v.revision or r.token_expires_at is not null) as is_renewed) as known
        where {CredentialListStore.Readable}
        group by 1, 2, 3, 4, 5, 6
        """;

    /// <summary>Counts the credentials that <paramref name="access"/> covers, in groups.</summary>
    /// <param name="access">The read access of the caller.</param>
    /// <param name="refreshes"><see langword="true"/> when the vault refreshes credentials at all; otherwise <see langword="false"/>.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public async Task<List<OverviewGroup>> CountAsync(AccessList access, bool refreshes, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Count);
        CredentialListStore.AddAccess(command, access);
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = refreshes });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<OverviewGroup> groups = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            groups.Add(
                new OverviewGroup(
                    reader.GetString(0),
                    reader.GetString(1),
                    reader.GetBoolean(2),
                    !reader.IsDBNull(3) && reader.GetBoolean(3),
                    !reader.IsDBNull(4) && reader.GetBoolean(4),
                    reader.IsDBNull(5) ? null : reader.GetFieldValue<DateTimeOffset>(5),
                    reader.GetInt64(6)
                )
            );
        }

        return groups;
    }
}
