using Axvault.Api.Authorization;
using Axvault.Api.Stored;
using Npgsql;

namespace Axvault.Api.Credentials.Versions;

/// <summary>The versions of replaced or deleted credentials in PostgreSQL.</summary>
internal sealed class VersionStore(NpgsqlDataSource database, VersionOptions options)
{
    /// <summary>
    /// Returns the kept versions of a credential, newest first; <see langword="null"/> when there is no credential and no version of that name.
    /// </summary>
    public async Task<List<CredentialVersion>?> ListAsync(CredentialName name, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            select {CredentialStore.MetadataColumns}, v.id, v.current_since, v.replaced_at, v.deleted_at
            from axvault.credential_version v left join axvault.credential_refresh r on r.version_id = v.id
            where v.name = $1 and v.position is not null
            order by v.position desc
            """
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        var versions = await ReadAsync(command, cancellationToken);
        return versions.Count > 0 || await IsCurrentAsync(name, cancellationToken) ? versions : null;
    }

    /// <summary>Returns a kept version of a credential, its revision and its envelope.</summary>
    public async Task<(CredentialVersion Version, long Revision, byte[] Envelope)?> FindAsync(
        CredentialName name,
        Guid id,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.CreateCommand(
            $"""
            select {CredentialStore.MetadataColumns}, v.id, v.current_since, v.replaced_at, v.deleted_at, v.revision, v.envelope
            from axvault.credential_version v left join axvault.credential_refresh r on r.version_id = v.id
            where v.name = $1 and v.id = $2 and v.position is not null
            """
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        const int Revision = CredentialStore.MetadataWidth + 4;
        return await reader.ReadAsync(cancellationToken)
            ? (Read(reader), reader.GetInt64(Revision), reader.GetFieldValue<byte[]>(Revision + 1))
            : null;
    }

    /// <summary>
    /// Returns the deleted credentials that <paramref name="access"/> covers, each as it was last, in the byte order of their names.
    /// </summary>
    /// <param name="filter">The credentials to list.</param>
    /// <param name="access">The read access of the caller.</param>
    /// <param name="after">The name before the first; <see langword="null"/> to start at the beginning.</param>
    /// <param name="limit">The greatest number.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public async Task<List<CredentialVersion>> ListDeletedAsync(
        CredentialFilter filter,
        AccessList access,
        CredentialName? after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.CreateCommand();
        CredentialListStore.AddPage(command, access, after, limit);
        command.CommandText = $"""
            select {CredentialStore.MetadataColumns}, v.id, v.current_since, v.replaced_at, v.deleted_at
            from axvault.credential_version v
            left join axvault.credential_refresh r on r.version_id = v.id
            where (v.name = any ($1) or exists (select from unnest($2) as stem where starts_with(v.name, stem)))
              and ($3 is null or v.name > $3)
              and v.deleted_at is not null
              and v.position = (select max(k.position) from axvault.credential_version k where k.name = v.name)
              and not exists (select from axvault.credential c where c.name = v.name and c.version_id is not null)
              {CredentialListStore.AddFilter(command, filter, "v.name")}
            order by v.name
            limit $4
            """;
        return await ReadAsync(command, cancellationToken);
    }

    private async Task<bool> IsCurrentAsync(CredentialName name, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select exists (select from axvault.credential where name = $1 and version_id is not null)");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task<List<CredentialVersion>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<CredentialVersion> versions = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            versions.Add(Read(reader));
        }

        return versions;
    }

    // The columns are those of CredentialStore.MetadataColumns, and then id, current_since, replaced_at and deleted_at.
    private CredentialVersion Read(NpgsqlDataReader reader)
    {
        const int DeletedAt = CredentialStore.MetadataWidth + 3;
        DateTimeOffset? deletedAt = reader.IsDBNull(DeletedAt) ? null : reader.GetFieldValue<DateTimeOffset>(DeletedAt);
        return new CredentialVersion(
            reader.GetGuid(CredentialStore.MetadataWidth),
            CredentialStore.ReadMetadata(reader),
            reader.GetFieldValue<DateTimeOffset>(CredentialStore.MetadataWidth + 1),
            reader.GetFieldValue<DateTimeOffset>(CredentialStore.MetadataWidth + 2),
            deletedAt,
            deletedAt + options.Retention
        );
    }
}
