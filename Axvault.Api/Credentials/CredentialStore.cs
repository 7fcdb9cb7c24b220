using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
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
            select name, type, agent, provider, expires_at, display_name, notes, created_at, updated_at, id, envelope
            from axvault.credential
            where name = $1
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new StoredCredential(reader.GetGuid(9), Read(reader), reader.GetFieldValue<byte[]>(10))
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
    public async Task<PutResult?> InsertAsync(Guid rowId, CredentialName name, CredentialAttributes attributes, byte[] envelope, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            insert into axvault.credential
              (id, type, agent, provider, expires_at, display_name, notes, envelope, name, version, created_at, updated_at)
            values
              ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, date_trunc('milliseconds', now()), date_trunc('milliseconds', now()))
            on conflict (name) do nothing
            returning created_at, updated_at
            """);
        AddContent(command, rowId, attributes, envelope);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        return await ReadPutAsync(command, cancellationToken);
    }

    /// <summary>
    /// Puts a credential in place of what is in the row <paramref name="rowId"/>; <see langword="null"/> when the row is gone, or its data is
    /// under a key that is not among <paramref name="knownKeys"/>.
    /// </summary>
    public async Task<PutResult?> ReplaceAsync(
        Guid rowId, CredentialAttributes attributes, byte[] envelope, byte[][] knownKeys, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            update axvault.credential
            set type = $2, agent = $3, provider = $4, expires_at = $5, display_name = $6, notes = $7, envelope = $8,
                version = version + 1,
                updated_at = greatest(updated_at, date_trunc('milliseconds', clock_timestamp()))
            where id = $1 and key_id = any ($9)
            returning created_at, updated_at
            """);
        AddContent(command, rowId, attributes, envelope);
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = knownKeys });
        return await ReadPutAsync(command, cancellationToken);
    }

    /// <summary>The credentials that <paramref name="access"/> covers, in the byte order of their names, from after <paramref name="after"/>.</summary>
    /// <param name="access">What the caller may read.</param>
    /// <param name="after">The name before the first.</param>
    /// <param name="limit">The greatest number; <see langword="null"/> for all.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public async Task<List<CredentialMetadata>> ListAsync(AccessList access, CredentialName? after, int? limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            select name, type, agent, provider, expires_at, display_name, notes, created_at, updated_at
            from axvault.credential
            where (name = any ($1) or exists (select from unnest($2) as stem where starts_with(name, stem)))
              and ($3 is null or name > $3)
            order by name
            limit $4
            """);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. access.Where(static entry => !entry.IsPrefix).Select(static entry => entry.Value)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. access.Where(static entry => entry.IsPrefix).Select(static entry => entry.Stem.ToString())] });
        command.Parameters.Add(Text(after?.Value));
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)limit ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<CredentialMetadata> credentials = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            credentials.Add(Read(reader));
        }

        return credentials;
    }

    /// <summary>Removes a credential; <see langword="false"/> when there is none.</summary>
    public async Task<bool> DeleteAsync(CredentialName name, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("delete from axvault.credential where name = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    // $1 to $8: id, type, agent, provider, expires_at, display_name, notes, envelope
    private static void AddContent(NpgsqlCommand command, Guid rowId, CredentialAttributes attributes, byte[] envelope)
    {
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = rowId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = attributes.Type.Value });
        command.Parameters.Add(Text(attributes.Agent));
        command.Parameters.Add(Text(attributes.Provider));
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)attributes.ExpiresAt ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(Text(attributes.DisplayName));
        command.Parameters.Add(Text(attributes.Notes));
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = envelope });
    }

    private static async Task<PutResult?> ReadPutAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new PutResult(reader.GetFieldValue<DateTimeOffset>(0), reader.GetFieldValue<DateTimeOffset>(1))
            : null;
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    // name, type, agent, provider, expires_at, display_name, notes, created_at, updated_at
    private static CredentialMetadata Read(NpgsqlDataReader reader) => new(
        CredentialName.TryParse(reader.GetString(0), out var name) ? name : throw new FormatException("A stored credential name breaks its rule."),
        new CredentialAttributes(
            CredentialType.FromStored(reader.GetString(1)),
            reader.IsDBNull(2) ? null : reader.GetString(2),
            reader.IsDBNull(3) ? null : reader.GetString(3),
            reader.IsDBNull(4) ? null : reader.GetFieldValue<DateTimeOffset>(4),
            reader.IsDBNull(5) ? null : reader.GetString(5),
            reader.IsDBNull(6) ? null : reader.GetString(6)),
        reader.GetFieldValue<DateTimeOffset>(7),
        reader.GetFieldValue<DateTimeOffset>(8));
}
