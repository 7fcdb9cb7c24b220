using Axvault.Api.Authorization;
using Axvault.Api.Database;
using Npgsql;

namespace Axvault.Api.Stored;

/// <summary>Credentials in PostgreSQL. The store neither makes nor opens the envelopes of their data.</summary>
internal sealed class CredentialStore(NpgsqlDataSource database, StatementPreparation preparation)
{
    /// <summary>The columns that <see cref="ReadMetadata"/> reads, of a version <c>v</c> and the state of its refresh <c>r</c>.</summary>
    public const string MetadataColumns = $"v.name, {OtherColumns}";

    /// <summary>The number of those columns.</summary>
    public const int MetadataWidth = 21;

    /// <summary>Those columns but the name.</summary>
    public const string OtherColumns = """
        v.type, v.agent, v.provider, v.expires_at, v.display_name, v.notes, v.created_at, v.updated_at,
        r.revision = v.revision, r.status, r.error, r.attempts, r.failed_at, r.next_at, r.unknown_since, r.refreshed_at, r.lifetime, r.claimed_until,
        r.refused_settings, exists (select from axvault.unread_answer u where u.version_id = v.id)
        """;

    /// <summary>
    /// The current versions. Their names are those of the pointers <c>c</c>: an envelope under the name of another credential does not open.
    /// </summary>
    public const string Current = """
        axvault.credential c
        join axvault.credential_version v on v.id = c.version_id
        left join axvault.credential_refresh r on r.version_id = v.id
        """;

    /// <summary>The expiry of an access token, as the owner or the vault knows it.</summary>
    public const string Expiry = "coalesce(v.expires_at, case when r.revision = v.revision then r.token_expires_at end)";

    /// <summary>Returns the credentials called <paramref name="names"/>, by name. Missing ones are left out.</summary>
    public Task<Dictionary<string, StoredCredential>> FindAsync(IReadOnlyCollection<string> names, CancellationToken cancellationToken) =>
        preparation.RunAsync(
            database,
            $"""
            select c.name, {OtherColumns},
              v.id, v.revision, v.envelope, coalesce(r.seq, 0), clock_timestamp(), r.token_expires_at, c.xmin, v.xmin, coalesce(r.xmin, '0'::xid)
            from {Current}
            where c.name = any ($1)
            """,
            [new NpgsqlParameter<string[]> { TypedValue = [.. names] }],
            async reader =>
            {
                var found = new Dictionary<string, StoredCredential>(names.Count, StringComparer.Ordinal);
                while (await reader.ReadAsync(cancellationToken))
                {
                    var credential = Read(reader);
                    found.Add(credential.Metadata.Name.Value, credential);
                }

                return found;
            },
            cancellationToken
        );

    /// <summary>Counts the credentials by type and remaining time.</summary>
    public async Task<CredentialCensus> CountAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            select v.type,
              case
                when expiry is null then 'none'
                when expiry <= now() then 'expired'
                when expiry <= now() + interval '1 hour' then '1h'
                when expiry <= now() + interval '1 day' then '1d'
                when expiry <= now() + interval '7 days' then '7d'
                else 'later'
              end,
              count(*)
            from {Current}
            cross join lateral (select {Expiry} as expiry) as known
            group by 1, 2
            """
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var counts = new Dictionary<(string Type, string Expiry), long>();
        while (await reader.ReadAsync(cancellationToken))
        {
            counts.Add((reader.GetString(0), reader.GetString(1)), reader.GetInt64(2));
        }

        return new CredentialCensus(counts);
    }

    /// <summary>Reads <see cref="MetadataColumns"/>, the first columns of <paramref name="reader"/>.</summary>
    public static CredentialMetadata ReadMetadata(NpgsqlDataReader reader)
    {
        return new CredentialMetadata(
            CredentialName.FromStored(reader.GetString(0)),
            new CredentialAttributes(
                CredentialType.FromStored(reader.GetString(1)),
                Text(reader, 2),
                Text(reader, 3),
                Time(reader, 4),
                Text(reader, 5),
                Text(reader, 6)
            ),
            reader.GetFieldValue<DateTimeOffset>(7),
            reader.GetFieldValue<DateTimeOffset>(8),
            ReadRefresh(reader)
        );
    }

    private static StoredCredential Read(NpgsqlDataReader reader)
    {
        var metadata = ReadMetadata(reader);
        var versionId = reader.GetGuid(MetadataWidth);
        var isExpiryNoted = !reader.IsDBNull(9) && reader.GetBoolean(9);
        return new StoredCredential(
            versionId,
            reader.GetInt64(MetadataWidth + 1),
            metadata,
            reader.GetFieldValue<byte[]>(MetadataWidth + 2),
            reader.GetInt64(MetadataWidth + 3),
            reader.GetFieldValue<DateTimeOffset>(MetadataWidth + 4),
            isExpiryNoted,
            isExpiryNoted ? Time(reader, MetadataWidth + 5) : null,
            new CredentialMark(
                metadata.Name.Value,
                versionId,
                reader.GetFieldValue<uint>(MetadataWidth + 6),
                reader.GetFieldValue<uint>(MetadataWidth + 7),
                reader.GetFieldValue<uint>(MetadataWidth + 8)
            )
        );
    }

    // r.revision = v.revision, then the columns of r, as in MetadataColumns.
    private static RefreshState ReadRefresh(NpgsqlDataReader reader) =>
        reader.IsDBNull(9) || !reader.GetBoolean(9)
            ? RefreshState.None
            : new RefreshState
            {
                Status = Text(reader, 10) is { } status ? RefreshStatus.FromStored(status, Text(reader, 11)) : null,
                Error = Text(reader, 11),
                Attempts = reader.GetInt32(12),
                FailedAt = Time(reader, 13),
                NextAttemptAt = Time(reader, 14),
                UnknownSince = Time(reader, 15),
                LastRefreshedAt = Time(reader, 16),
                Lifetime = reader.IsDBNull(17) ? null : reader.GetFieldValue<TimeSpan>(17),
                ClaimedUntil = Time(reader, 18),
                RefusedSettings = reader.IsDBNull(19) ? [] : [.. reader.GetFieldValue<byte[][]>(19).Select(Convert.ToHexString)],
                HasUnreadAnswer = reader.GetBoolean(20),
            };

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
