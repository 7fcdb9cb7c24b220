using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Credentials;

/// <summary>Credentials in PostgreSQL, their data in envelopes that this store neither makes nor opens.</summary>
internal sealed class CredentialStore(NpgsqlDataSource database)
{
    /// <summary>The columns that <see cref="ReadMetadata"/> reads, of a credential or of a kept state of one.</summary>
    public const string MetadataColumns =
        """
        name, type, agent, provider, expires_at, display_name, notes, created_at, updated_at,
        refresh_of = version, refresh_status, refresh_error, refresh_attempts, refresh_failed_at, refresh_next_at, refresh_unknown_since,
        refreshed_at, refreshed_lifetime, refresh_claimed_until
        """;

    /// <summary>Finds the credentials called <paramref name="names"/>, by name; those that there are.</summary>
    public async Task<Dictionary<string, StoredCredential>> FindAsync(IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            select {MetadataColumns},
              id, version, envelope, refresh_seq, clock_timestamp(), token_of = version, token_expires_at, xmin
            from axvault.credential
            where name = any ($1)
            """);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. names] });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new Dictionary<string, StoredCredential>(names.Count, StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            var metadata = ReadMetadata(reader);
            found.Add(metadata.Name.Value, new StoredCredential(
                reader.GetGuid(19),
                reader.GetInt64(20),
                metadata,
                reader.GetFieldValue<byte[]>(21),
                reader.GetInt64(22),
                reader.GetFieldValue<DateTimeOffset>(23),
                !reader.IsDBNull(24) && reader.GetBoolean(24),
                Time(reader, 25),
                reader.GetFieldValue<uint>(26)));
        }

        return found;
    }

    /// <summary>Finds the row that has <paramref name="name"/>, the key that its data is under, and which state it is.</summary>
    public async Task<(CredentialRow Row, CredentialTag Tag)?> FindRowAsync(CredentialName name, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select id, key_id, version, updated_at from axvault.credential where name = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? (new CredentialRow(reader.GetGuid(0), KekId.Read(reader.GetFieldValue<byte[]>(1))), new CredentialTag(reader.GetGuid(0), reader.GetInt64(2), reader.GetFieldValue<DateTimeOffset>(3)))
            : null;
    }

    /// <summary>When what was put into each of the rows was first, and last, written; those that are gone, or replaced since, are left out.</summary>
    public async Task<Dictionary<Guid, PutTimes>> FindTimesAsync(Guid[] rowIds, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select id, created_at, updated_at, version from axvault.credential where id = any ($1)");
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = rowIds });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var times = new Dictionary<Guid, PutTimes>();
        while (await reader.ReadAsync(cancellationToken))
        {
            times.Add(reader.GetGuid(0), new PutTimes(reader.GetFieldValue<DateTimeOffset>(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetInt64(3)));
        }

        return times;
    }

    /// <summary>The credentials that <paramref name="access"/> covers, in the byte order of their names, from after <paramref name="after"/>.</summary>
    /// <param name="access">What the caller may read.</param>
    /// <param name="after">The name before the first.</param>
    /// <param name="limit">The greatest number.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public async Task<List<CredentialMetadata>> ListAsync(AccessList access, CredentialName? after, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            select {MetadataColumns}
            from axvault.credential
            where (name = any ($1) or exists (select from unnest($2) as stem where starts_with(name, stem)))
              and ($3 is null or name > $3)
            order by name
            limit $4
            """);
        AddPage(command, access, after, limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<CredentialMetadata> credentials = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            credentials.Add(ReadMetadata(reader));
        }

        return credentials;
    }

    /// <summary>Counts the credentials by their type and the time that they have left.</summary>
    public async Task<CredentialCensus> CountAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            select type,
              case
                when expiry is null then 'none'
                when expiry <= now() then 'expired'
                when expiry <= now() + interval '1 hour' then '1h'
                when expiry <= now() + interval '1 day' then '1d'
                when expiry <= now() + interval '7 days' then '7d'
                else 'later'
              end,
              count(*)
            from axvault.credential
            cross join lateral (select coalesce(expires_at, case when token_of = version then token_expires_at end) as expiry) as known
            group by 1, 2
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var counts = new Dictionary<(string Type, string Expiry), long>();
        while (await reader.ReadAsync(cancellationToken))
        {
            counts.Add((reader.GetString(0), reader.GetString(1)), reader.GetInt64(2));
        }

        return new CredentialCensus(counts);
    }

    /// <summary>Adds to <paramref name="command"/> the parameters of a page: names and stems of <paramref name="access"/>, the name before the first, the greatest number.</summary>
    public static void AddPage(NpgsqlCommand command, AccessList access, CredentialName? after, int limit)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(access);

        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. access.Where(static entry => !entry.IsPrefix).Select(static entry => entry.Value)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. access.Where(static entry => entry.IsPrefix).Select(static entry => entry.Stem.ToString())] });
        command.Parameters.Add(Text(after?.Value));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
    }

    /// <summary>Reads <see cref="MetadataColumns"/>, which are the first ones of <paramref name="reader"/>.</summary>
    public static CredentialMetadata ReadMetadata(NpgsqlDataReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);

        return new CredentialMetadata(
            CredentialName.FromStored(reader.GetString(0)),
            new CredentialAttributes(
                CredentialType.FromStored(reader.GetString(1)), Text(reader, 2), Text(reader, 3), Time(reader, 4), Text(reader, 5), Text(reader, 6)),
            reader.GetFieldValue<DateTimeOffset>(7),
            reader.GetFieldValue<DateTimeOffset>(8),
            ReadRefresh(reader));
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    // refresh_of = version, refresh_status, …_error, …_attempts, …_failed_at, …_next_at, …_unknown_since, refreshed_at, refreshed_lifetime, refresh_claimed_until
    private static RefreshState ReadRefresh(NpgsqlDataReader reader) => reader.IsDBNull(9) || !reader.GetBoolean(9)
        ? RefreshState.None
        : new RefreshState
        {
            Status = Text(reader, 10) is { } status ? RefreshStatus.FromStored(status) : null,
            Error = Text(reader, 11),
            Attempts = reader.GetInt32(12),
            FailedAt = Time(reader, 13),
            NextAttemptAt = Time(reader, 14),
            UnknownSince = Time(reader, 15),
            LastRefreshedAt = Time(reader, 16),
            Lifetime = reader.IsDBNull(17) ? null : reader.GetFieldValue<TimeSpan>(17),
            ClaimedUntil = Time(reader, 18),
        };

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
