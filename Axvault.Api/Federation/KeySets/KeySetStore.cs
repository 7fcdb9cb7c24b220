using Axvault.Api.Encryption;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Federation.KeySets;

/// <summary>The fetched keys of issuers in PostgreSQL, and the claim of the server that fetches them. All times are the database's.</summary>
internal sealed class KeySetStore(NpgsqlDataSource database, SealedRowStore rows)
{
    /// <summary>Finds the keys of <paramref name="issuer"/>.</summary>
    public async Task<StoredKeySet?> FindAsync(string issuer, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            select {SealedTable.IssuerKeySets.Selection}, attempted_at, failure,
              coalesce(fetched_at > clock_timestamp() - interval '1 day', false), coalesce(fetched_at > clock_timestamp() - interval '15 minutes', false),
              (ended_at is null or ended_at < attempted_at) and attempted_at > clock_timestamp() - interval '12 seconds'
            from axvault.issuer_key_set where issuer = $1
            """
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = issuer });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        // Keys that no server fetched are as good as none. The next fetch replaces them.
        var values = rows.Read(SealedTable.IssuerKeySets, reader) ?? [issuer, null, null];
        var next = SealedTable.IssuerKeySets.Width;
        return new StoredKeySet(
            reader.GetBoolean(next + 2) ? (string?)values[1] : null,
            values[2] is null ? null : SealedRowStore.Time(values[2]),
            reader.GetFieldValue<DateTimeOffset>(next),
            reader.IsDBNull(next + 1) ? null : reader.GetString(next + 1)
        )
        {
            IsFresh = values[1] is not null && reader.GetBoolean(next + 3),
            IsUnderWay = reader.GetBoolean(next + 4),
        };
    }

    /// <summary>Claims the next fetch, at most one a minute in the whole fleet.</summary>
    /// <param name="issuer">The name of the issuer.</param>
    /// <param name="writtenBy">The transaction that wrote the issuer. Without it, keys of its former URL could become those of its present one.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    /// <returns>The number of the attempt; <see langword="null"/> when it is too early, or the issuer has changed or is gone.</returns>
    public async Task<DateTimeOffset?> TryClaimAsync(string issuer, uint writtenBy, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            insert into axvault.issuer_key_set as k (issuer, key_set, fetched_at, mac, kek_id, attempted_at)
            select name, $2, $3, $4, $5, clock_timestamp() from axvault.issuer where name = $1 and xmin = $6 for share
            on conflict (issuer) do update set attempted_at = excluded.attempted_at where k.attempted_at < clock_timestamp() - interval '1 minute'
            returning attempted_at
            """
        );
        rows.AddParameters(command.Parameters, SealedTable.IssuerKeySets, [issuer, null, null], Types);
        command.Parameters.Add(new NpgsqlParameter<uint> { TypedValue = writtenBy, NpgsqlDbType = NpgsqlDbType.Xid });
        return await command.ExecuteScalarAsync(cancellationToken) is DateTime at ? new DateTimeOffset(at) : null;
    }

    /// <summary>Stores fetched keys.</summary>
    /// <param name="issuer">The issuer.</param>
    /// <param name="attempt">The number of the attempt. When the issuer has changed since, nothing is written.</param>
    /// <param name="json">The keys.</param>
    public async Task SaveAsync(string issuer, DateTimeOffset attempt, string json)
    {
        await using var command = database.CreateCommand(
            """
            update axvault.issuer_key_set
            set ended_at = clock_timestamp(), failure = null, key_set = $2, fetched_at = $3, mac = $4, kek_id = $5
            where issuer = $1 and attempted_at = $3
            """
        );
        rows.AddParameters(command.Parameters, SealedTable.IssuerKeySets, [issuer, json, attempt], Types);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    /// <summary>Notes why keys could not be fetched. Those before are kept.</summary>
    public async Task FailAsync(string issuer, DateTimeOffset attempt, string failure)
    {
        await using var command = database.CreateCommand(
            "update axvault.issuer_key_set set ended_at = clock_timestamp(), failure = $3 where issuer = $1 and attempted_at = $2"
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = issuer });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = attempt });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = failure });
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    // In the order of SealedTable.IssuerKeySets.
    private static readonly NpgsqlDbType[] Types = [NpgsqlDbType.Text, NpgsqlDbType.Text, NpgsqlDbType.TimestampTz];
}
