using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Credentials.Versions;

/// <summary>The versions of deleted credentials in PostgreSQL, and the end of their retention.</summary>
internal static class ExpiredVersionStore
{
    /// <summary>Marks versions as deleted now when their credential was removed by hand.</summary>
    public static async Task MarkOrphansAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            update axvault.credential_version v
            set deleted_at = {ChangeStore.Moment}, replaced_at = coalesce(replaced_at, {ChangeStore.Moment}),
                position = coalesce(position, nextval('axvault.credential_version_position'))
            where deleted_at is null
              and not exists (select from axvault.credential c where c.name = v.name and c.version_id is not null)
            """
        );
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Forgets refresh tokens that no one has sent or put for <paramref name="period"/>, and whose credential has no versions any more.
    /// </summary>
    public static async Task ForgetTokensAsync(NpgsqlDataSource database, TimeSpan period, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            delete from axvault.refresh_token t
            where t.seen_at < clock_timestamp() - $1 and not exists (select from axvault.credential_version v where v.name = t.name)
            """
        );
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = period, NpgsqlDbType = NpgsqlDbType.Interval });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Removes versions whose credential was deleted longer ago than <paramref name="retention"/>, and names without a version. Versions that another
    /// transaction has locked are left to the next time.
    /// </summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="retention">The time that they are kept.</param>
    /// <param name="limit">The greatest number of them.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    /// <returns>The name of each removed version.</returns>
    public static async Task<List<string>> PurgeExpiredAsync(
        NpgsqlTransaction transaction,
        TimeSpan retention,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            """
            delete from axvault.credential_version
            where id in (
              select id
              from axvault.credential_version
              where deleted_at <= clock_timestamp() - $1
              order by deleted_at, id
              limit $2
              for update skip locked)
            returning name
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = retention, NpgsqlDbType = NpgsqlDbType.Interval });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        var names = new List<string>();
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                names.Add(reader.GetString(0));
            }
        }

        await using var remove = new NpgsqlCommand(
            """
            delete from axvault.credential
            where name in (
              select c.name from axvault.credential c
              where c.name = any ($1) and c.version_id is null and not exists (select from axvault.credential_version v where v.name = c.name)
              for update skip locked)
            """,
            transaction.Connection,
            transaction
        );
        remove.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. names] });
        await remove.ExecuteNonQueryAsync(cancellationToken);
        return names;
    }
}
