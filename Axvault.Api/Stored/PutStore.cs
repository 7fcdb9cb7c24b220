using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Stored;

/// <summary>The put of a credential in PostgreSQL: a new version, and the pointer of the name to it.</summary>
internal static class PutStore
{
    /// <summary>Locks a name until <paramref name="transaction"/> ends.</summary>
    /// <returns>The current version; <see langword="null"/> when there is none.</returns>
    public static async Task<CredentialTag?> LockAsync(NpgsqlTransaction transaction, CredentialName name, CancellationToken cancellationToken)
    {
        // Two statements: the second one sees the version that the pointer has after the wait for the lock. One statement would join it with an older version.
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select from axvault.credential where name = $1 for update"));
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(
                """
                select v.id, v.revision, v.updated_at
                from axvault.credential c join axvault.credential_version v on v.id = c.version_id
                where c.name = $1
                """
            )
        );
        foreach (var command in batch.BatchCommands)
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new CredentialTag(reader.GetGuid(0), reader.GetInt64(1), reader.GetFieldValue<DateTimeOffset>(2))
            : null;
    }

    /// <summary>Makes the row of a name that was never put, so that it can be locked.</summary>
    public static async Task ReserveAsync(NpgsqlTransaction transaction, CredentialName name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "insert into axvault.credential (name) values ($1) on conflict (name) do nothing",
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Makes the statement that puts a version.</summary>
    /// <remarks>It fails with <see cref="IsUnderUnknownKek"/> when the replaced version is under another KEK.</remarks>
    /// <param name="put">The version.</param>
    /// <param name="knownKeks">The ids of the KEKs that this server has.</param>
    /// <param name="keep">The number of replaced versions to keep.</param>
    public static NpgsqlBatchCommand Make(CredentialPut put, byte[][] knownKeks, int keep)
    {
        var command = new NpgsqlBatchCommand(
            "select first_put_at, put_at from axvault.credential_put($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = put.VersionId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = put.Name.Value });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = put.Attributes.Type.Value });
        command.Parameters.Add(Text(put.Attributes.Agent));
        command.Parameters.Add(Text(put.Attributes.Provider));
        command.Parameters.Add(Time(put.Attributes.ExpiresAt));
        command.Parameters.Add(Text(put.Attributes.DisplayName));
        command.Parameters.Add(Text(put.Attributes.Notes));
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = put.Envelope });
        command.Parameters.Add(Time(put.TokenExpiresAt));
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = knownKeks });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = keep });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = put.RefreshToken?.LockKey ?? 0 });
        command.Parameters.Add(Hashes(put.RefreshToken?.Hashes));
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = put.IsForced });
        return command;
    }

    /// <summary>Reads the result of the statement of <see cref="Make"/>.</summary>
    public static async Task<PutVersion> ReadAsync(NpgsqlDataReader reader, CredentialPut put)
    {
        await reader.ReadAsync(CancellationToken.None);
        return new PutVersion(
            reader.GetFieldValue<DateTimeOffset>(0),
            new CredentialTag(put.VersionId, CredentialPut.Revision, reader.GetFieldValue<DateTimeOffset>(1))
        );
    }

    /// <summary>Returns a version after its put, when the answer to the commit was lost; <see langword="null"/> when it has been removed since.</summary>
    public static async Task<PutVersion?> FindAsync(NpgsqlDataSource database, CredentialPut put, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select created_at, updated_at, revision from axvault.credential_version where id = $1");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = put.VersionId });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new PutVersion(
                reader.GetFieldValue<DateTimeOffset>(0),
                new CredentialTag(put.VersionId, reader.GetInt64(2), reader.GetFieldValue<DateTimeOffset>(1))
            )
            : null;
    }

    /// <summary>
    /// Returns <see langword="true"/> when a put was refused because the replaced version is under a KEK that this server lacks; otherwise
    /// <see langword="false"/>.
    /// </summary>
    public static bool IsUnderUnknownKek(PostgresException exception, out KekId kek)
    {
        var isRefused = exception is { SqlState: "AXV02", Hint: not null };
        kek = isRefused ? KekId.Read(Convert.FromHexString(exception.Hint!)) : default;
        return isRefused;
    }

    /// <summary>Removes all but the newest replaced versions of a name in <paramref name="transaction"/>.</summary>
    public static async Task PruneAsync(NpgsqlTransaction transaction, CredentialName name, int keep, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select axvault.credential_prune($1, $2)", transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = keep });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Returns <see langword="true"/> when a version was refused because its refresh token is spent, or held by another credential; otherwise
    /// <see langword="false"/>.
    /// </summary>
    /// <param name="exception">The refusal.</param>
    /// <param name="holder">The credential that holds the token; <see langword="null"/> when the token is spent.</param>
    public static bool IsTokenTaken(PostgresException exception, out CredentialName? holder)
    {
        var isTaken = exception.SqlState == "AXV03";
        holder = isTaken && exception.Hint is { Length: > 0 } name ? CredentialName.FromStored(name) : null;
        return isTaken;
    }

    /// <summary>Returns the parameter for the hashes of a refresh token.</summary>
    public static NpgsqlParameter Hashes(byte[][]? hashes) =>
        new() { Value = (object?)hashes ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea };

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Time(DateTimeOffset? value) =>
        new() { Value = (object?)value?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };
}
