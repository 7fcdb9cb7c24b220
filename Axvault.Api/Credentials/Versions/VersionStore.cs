using Axvault.Api.Authorization;
using Npgsql;

namespace Axvault.Api.Credentials.Versions;

/// <summary>States of credentials that were replaced or deleted, in PostgreSQL.</summary>
internal sealed class VersionStore(NpgsqlDataSource database)
{
    /// <summary>The kept states of a credential, newest first; <see langword="null"/> when there is neither one nor a credential of that name.</summary>
    public async Task<List<CredentialVersion>?> ListAsync(CredentialName name, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            select {CredentialStore.MetadataColumns}, row_id, current_since, replaced_at, deleted_at
            from axvault.credential_version
            where name = $1
            order by position desc
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        var versions = await ReadAsync(command, cancellationToken);
        return versions.Count > 0 || await IsCurrentAsync(name, cancellationToken) ? versions : null;
    }

    /// <summary>Finds a kept state of a credential, and its envelope.</summary>
    public async Task<(CredentialVersion Version, byte[] Envelope)?> FindAsync(CredentialName name, Guid id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            select {CredentialStore.MetadataColumns}, row_id, current_since, replaced_at, deleted_at, envelope
            from axvault.credential_version
            where name = $1 and row_id = $2
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (Read(reader), reader.GetFieldValue<byte[]>(23)) : null;
    }

    /// <summary>The deleted credentials that <paramref name="access"/> covers, each as it was last, in the byte order of their names, from after <paramref name="after"/>.</summary>
    /// <param name="access">What the caller may read.</param>
    /// <param name="after">The name before the first.</param>
    /// <param name="limit">The greatest number.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public async Task<List<CredentialVersion>> ListDeletedAsync(AccessList access, CredentialName? after, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            select {CredentialStore.MetadataColumns}, row_id, current_since, replaced_at, deleted_at
            from axvault.credential_version v
            where (name = any ($1) or exists (select from unnest($2) as stem where starts_with(name, stem)))
              and ($3 is null or name > $3)
              and deleted_at is not null
              and not exists (select from axvault.credential c where c.name = v.name)
              and not exists (select from axvault.credential_version n where n.name = v.name and n.position > v.position)
            order by name
            limit $4
            """);
        CredentialStore.AddPage(command, access, after, limit);
        return await ReadAsync(command, cancellationToken);
    }

    private async Task<bool> IsCurrentAsync(CredentialName name, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select exists (select from axvault.credential where name = $1)");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<List<CredentialVersion>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<CredentialVersion> versions = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            versions.Add(Read(reader));
        }

        return versions;
    }

    // CredentialStore.MetadataColumns, row_id, current_since, replaced_at, deleted_at
    private static CredentialVersion Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(19),
        CredentialStore.ReadMetadata(reader),
        reader.GetFieldValue<DateTimeOffset>(20),
        reader.GetFieldValue<DateTimeOffset>(21),
        reader.IsDBNull(22) ? null : reader.GetFieldValue<DateTimeOffset>(22));
}
