using Axvault.Api.Authorization;
using Axvault.Api.Stored;
using Npgsql;

namespace Axvault.Api.Credentials.Overview;

/// <summary>Counts of current credentials in PostgreSQL.</summary>
internal sealed class OverviewStore(NpgsqlDataSource database)
{
    private static readonly string Count = $"""
        select v.type, known.status, $3 and known.is_renewable, known.expiry < now(), known.expiry >= now() and known.expiry < now() + interval '1 day',
          case when known.expiry >= now() and known.expiry < now() + interval '7 days' then date_trunc('hour', known.expiry, 'UTC') end, count(*)
        from {CredentialStore.Current}
        cross join lateral (
          select {CredentialStore.Expiry} as expiry, coalesce({CredentialListStore.Status}, '{RefreshStatus.None}') as status,
            {CredentialListStore.Renewable} as is_renewable) as known
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
