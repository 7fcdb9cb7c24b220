using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
using Axvault.Api.Refresh;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Credentials;

/// <summary>Credentials in PostgreSQL, their data in envelopes that this store neither makes nor opens.</summary>
internal sealed class CredentialStore(NpgsqlDataSource database)
{
    /// <summary>Finds a credential.</summary>
    public async Task<StoredCredential?> FindAsync(CredentialName name, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            select name, type, agent, provider, expires_at, display_name, notes, created_at, updated_at,
              refresh_of = version, refresh_status, refresh_error, refresh_attempts, refresh_failed_at, refresh_next_at, refresh_unknown_since,
              refreshed_at, refreshed_lifetime, refresh_claimed_until,
              id, version, envelope, refresh_seq, clock_timestamp(), token_of = version, token_expires_at, xmin
            from axvault.credential
            where name = $1
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new StoredCredential(
                reader.GetGuid(19),
                reader.GetInt64(20),
                Read(reader),
                reader.GetFieldValue<byte[]>(21),
                reader.GetInt64(22),
                reader.GetFieldValue<DateTimeOffset>(23),
                !reader.IsDBNull(24) && reader.GetBoolean(24),
                Time(reader, 25),
                reader.GetFieldValue<uint>(26))
            : null;
    }

    /// <summary>Finds the row that has <paramref name="name"/>, and the key that its data is under.</summary>
    public async Task<(Guid Id, KekId KeyId)?> FindRowAsync(CredentialName name, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select id, key_id from axvault.credential where name = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetGuid(0), KekId.Read(reader.GetFieldValue<byte[]>(1))) : null;
    }

    /// <summary>Puts a credential into a new row; <see langword="null"/> when the name is taken.</summary>
    public async Task<PutResult?> InsertAsync(
        Guid rowId, CredentialName name, CredentialAttributes attributes, byte[] envelope, DateTimeOffset? tokenExpiresAt, AuditNote note, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            with put as (
              insert into axvault.credential
                (id, type, agent, provider, expires_at, display_name, notes, envelope, token_expires_at, token_of, name, version, created_at, updated_at)
              values
                ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $14, 1, date_trunc('milliseconds', now()), date_trunc('milliseconds', now()))
              on conflict (name) do nothing
              returning created_at, updated_at),
            noted as (insert into axvault.audit_noted (id, entry, chain_key, seal) select $10, $11, $12, $13 from put)
            select created_at, updated_at from put
            """);
        AddContent(command, rowId, attributes, envelope, tokenExpiresAt);
        AuditNoteStore.Add(command, note);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        return await ReadPutAsync(command, cancellationToken);
    }

    /// <summary>
    /// Puts a credential in place of what is in the row <paramref name="rowId"/>; <see langword="null"/> when the row is gone, or its data is
    /// under a key that is not among <paramref name="knownKeys"/>.
    /// </summary>
    public async Task<PutResult?> ReplaceAsync(
        Guid rowId, CredentialAttributes attributes, byte[] envelope, DateTimeOffset? tokenExpiresAt, byte[][] knownKeys, AuditNote note, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            with put as (
              update axvault.credential
              set type = $2, agent = $3, provider = $4, expires_at = $5, display_name = $6, notes = $7, envelope = $8,
                  token_expires_at = $9, token_of = version + 1, version = version + 1,
                  updated_at = greatest(updated_at, date_trunc('milliseconds', clock_timestamp()))
              where id = $1 and key_id = any ($14)
              returning created_at, updated_at),
            noted as (insert into axvault.audit_noted (id, entry, chain_key, seal) select $10, $11, $12, $13 from put)
            select created_at, updated_at from put
            """);
        AddContent(command, rowId, attributes, envelope, tokenExpiresAt);
        AuditNoteStore.Add(command, note);
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = knownKeys });
        return await ReadPutAsync(command, cancellationToken);
    }

    /// <summary>The credentials that <paramref name="access"/> covers, in the byte order of their names, from after <paramref name="after"/>.</summary>
    /// <param name="access">What the caller may read.</param>
    /// <param name="after">The name before the first.</param>
    /// <param name="limit">The greatest number.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public async Task<List<CredentialMetadata>> ListAsync(AccessList access, CredentialName? after, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            select name, type, agent, provider, expires_at, display_name, notes, created_at, updated_at,
              refresh_of = version, refresh_status, refresh_error, refresh_attempts, refresh_failed_at, refresh_next_at, refresh_unknown_since,
              refreshed_at, refreshed_lifetime, refresh_claimed_until
            from axvault.credential
            where (name = any ($1) or exists (select from unnest($2) as stem where starts_with(name, stem)))
              and ($3 is null or name > $3)
            order by name
            limit $4
            """);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. access.Where(static entry => !entry.IsPrefix).Select(static entry => entry.Value)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. access.Where(static entry => entry.IsPrefix).Select(static entry => entry.Stem.ToString())] });
        command.Parameters.Add(Text(after?.Value));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<CredentialMetadata> credentials = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            credentials.Add(Read(reader));
        }

        return credentials;
    }

    /// <summary>Removes a credential; <see langword="false"/> when there is none.</summary>
    public async Task<bool> DeleteAsync(CredentialName name, AuditNote note, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            with gone as (delete from axvault.credential where name = $5 returning id)
            insert into axvault.audit_noted (id, entry, chain_key, seal) select $1, $2, $3, $4 from gone
            """);
        AuditNoteStore.Add(command, note);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
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

    // $1 to $9: id, type, agent, provider, expires_at, display_name, notes, envelope, token_expires_at
    private static void AddContent(NpgsqlCommand command, Guid rowId, CredentialAttributes attributes, byte[] envelope, DateTimeOffset? tokenExpiresAt)
    {
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = rowId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = attributes.Type.Value });
        command.Parameters.Add(Text(attributes.Agent));
        command.Parameters.Add(Text(attributes.Provider));
        command.Parameters.Add(Time(attributes.ExpiresAt));
        command.Parameters.Add(Text(attributes.DisplayName));
        command.Parameters.Add(Text(attributes.Notes));
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = envelope });
        command.Parameters.Add(Time(tokenExpiresAt));
    }

    private static async Task<PutResult?> ReadPutAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new PutResult(reader.GetFieldValue<DateTimeOffset>(0), reader.GetFieldValue<DateTimeOffset>(1))
            : null;
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Time(DateTimeOffset? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    // name, type, agent, provider, expires_at, display_name, notes, created_at, updated_at, and the columns of ReadRefresh
    private static CredentialMetadata Read(NpgsqlDataReader reader) => new(
        CredentialName.FromStored(reader.GetString(0)),
        new CredentialAttributes(
            CredentialType.FromStored(reader.GetString(1)), Text(reader, 2), Text(reader, 3), Time(reader, 4), Text(reader, 5), Text(reader, 6)),
        reader.GetFieldValue<DateTimeOffset>(7),
        reader.GetFieldValue<DateTimeOffset>(8),
        ReadRefresh(reader));

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
