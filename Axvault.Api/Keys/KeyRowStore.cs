using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Keys;

/// <summary>The row of a key in PostgreSQL: its form, its seal, and the statements that write it whole.</summary>
internal sealed class KeyRowStore(Vault vault)
{
    /// <summary>The columns that <see cref="Read"/> reads.</summary>
    public static readonly string Columns = $"{SealedTable.Keys.Selection}, last_used_at, previous_secret_last_used_at, xmin";

    private static readonly int LastUsedColumn = SealedTable.Keys.Width;

    /// <summary>Inserts a key in <paramref name="transaction"/>.</summary>
    public async Task<ApiKey> InsertAsync(
        NpgsqlTransaction transaction,
        KeyId id,
        string name,
        AccessScope scope,
        byte[] secretHash,
        IssuedBy? issuedBy,
        CancellationToken cancellationToken
    )
    {
        var (now, networks) = await PrepareAsync(transaction, scope, cancellationToken);
        return await WriteAsync(
            transaction,
            $"""
            insert into axvault.api_key
              (id, name, secret_hash, secret_version, previous_secret_hash, previous_secret_expires_at, read_access, write_access, grant_access,
               allowed_cidrs, expires_at, created_at, updated_at, rule, subject, use_access, requests_per_minute, tokens_per_day, mac, kek_id)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::cidr[], $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
            returning {Columns}
            """,
            ValuesOf(new ApiKey(id, name, scope, new KeySecrets(1, null), now, now, null) { IssuedBy = issuedBy }, secretHash, null, networks),
            cancellationToken
        );
    }

    /// <summary>Replaces the row of a key, which <paramref name="transaction"/> has locked. The time of the change becomes that of the database.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="row">The row as it is.</param>
    /// <param name="key">The key as it is to be.</param>
    /// <param name="newSecretHash">The SHA-256 of its new secret; <see langword="null"/> when the secret stays.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    public async Task<ApiKey> UpdateAsync(
        NpgsqlTransaction transaction,
        StoredKey row,
        ApiKey key,
        byte[]? newSecretHash,
        CancellationToken cancellationToken
    )
    {
        var (present, previous) = row.HashesAfter(newSecretHash);
        var (now, networks) = await PrepareAsync(transaction, key.Scope, cancellationToken);
        return await WriteAsync(
            transaction,
            $"""
            update axvault.api_key
            set name = $2, secret_hash = $3, secret_version = $4, previous_secret_hash = $5, previous_secret_expires_at = $6,
                previous_secret_last_used_at = case when previous_secret_hash is not distinct from $5 then previous_secret_last_used_at end,
                read_access = $7, write_access = $8, grant_access = $9, allowed_cidrs = $10::cidr[], expires_at = $11, created_at = $12, updated_at = $13,
                rule = $14, subject = $15, use_access = $16, requests_per_minute = $17, tokens_per_day = $18, mac = $19, kek_id = $20
            where id = $1
            returning {Columns}
            """,
            ValuesOf(key with { UpdatedAt = SealedTable.Next(key.UpdatedAt, now) }, present, previous, networks),
            cancellationToken
        );
    }

    /// <summary>Removes the row of a key, which <paramref name="transaction"/> has locked.</summary>
    public static async Task DeleteAsync(NpgsqlTransaction transaction, KeyId id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("delete from axvault.api_key where id = $1", transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id.Value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Reads <see cref="Columns"/>.</summary>
    /// <returns>The row; <see langword="null"/> when it has no id, so it is the row of no key.</returns>
    public StoredKey? Read(NpgsqlDataReader reader)
    {
        var (values, seal) = SealedTable.Keys.Read(reader);
        if (!KeyId.TryParse(values[0] as string, out var id))
        {
            return null;
        }

        var fit = vault.Compare(SealedTable.Keys, values, seal);
        return new StoredKey(
            id,
            fit,
            fit == RowFit.Fits ? KeyOf(id, values, Time(reader, LastUsedColumn), Time(reader, LastUsedColumn + 1)) : null,
            (byte[])values[2]!,
            (byte[]?)values[4],
            reader.GetFieldValue<uint>(LastUsedColumn + 2)
        );
    }

    // In the order of SealedTable.Keys.
    private static object?[] ValuesOf(ApiKey key, byte[] secretHash, byte[]? previousSecretHash, string[] networks) =>
        [
            key.Id.Value,
            key.Name,
            secretHash,
            key.Secrets.Version,
            previousSecretHash,
            key.Secrets.Previous?.ExpiresAt,
            key.Scope.Read.ToArray(),
            key.Scope.Write.ToArray(),
            key.Scope.Grant.ToArray(),
            networks,
            key.Scope.Limits.ExpiresAt,
            key.CreatedAt,
            key.UpdatedAt,
            key.IssuedBy?.Rule,
            key.IssuedBy?.Subject,
            key.Scope.Use.ToStored(),
            key.Scope.Limits.RequestsPerMinute,
            key.Scope.Limits.TokensPerDay,
        ];

    private static ApiKey KeyOf(KeyId id, object?[] values, DateTimeOffset? lastUsedAt, DateTimeOffset? previousLastUsedAt) =>
        new(
            id,
            (string)values[1]!,
            new AccessScope(
                AccessList.FromStored((string[])values[6]!),
                AccessList.FromStored((string[])values[7]!),
                AccessList.FromStored((string[])values[8]!)
            )
            {
                Use = AccessList.FromStored((string[]?)values[15] ?? []),
                Limits = new KeyLimits(Time(values[10]), ClientNetworks.FromStored((string[])values[9]!))
                {
                    RequestsPerMinute = (int?)values[16],
                    TokensPerDay = (long?)values[17],
                },
            },
            new KeySecrets((int)values[3]!, values[4] is null ? null : new PreviousSecret(Time(values[5]), previousLastUsedAt)),
            Time(values[11])!.Value,
            Time(values[12])!.Value,
            lastUsedAt
        )
        {
            IssuedBy = values[13] is string rule ? new IssuedBy(rule, (string)values[14]!) : null,
        };

    // The seal covers the time and the form of networks that the database gives.
    private static async Task<(DateTimeOffset Now, string[] Networks)> PrepareAsync(
        NpgsqlTransaction transaction,
        AccessScope scope,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            "select date_trunc('milliseconds', clock_timestamp()), $1::cidr[]::text[]",
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(Parameter(scope.Limits.Networks.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetFieldValue<DateTimeOffset>(0), reader.GetFieldValue<string[]>(1));
    }

    private async Task<ApiKey> WriteAsync(NpgsqlTransaction transaction, string sql, object?[] values, CancellationToken cancellationToken)
    {
        var seal = vault.Seal(SealedTable.Keys, values);
        await using var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        foreach (var (value, type) in values.Zip(Types))
        {
            command.Parameters.Add(Parameter(value, type));
        }

        command.Parameters.Add(Parameter(seal.Mac, NpgsqlDbType.Bytea));
        command.Parameters.Add(Parameter(seal.Kek.ToArray(), NpgsqlDbType.Bytea));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return Read(reader)?.Key ?? throw new InvalidOperationException("The row of a key does not fit its seal right after it was written.");
    }

    // In the order of SealedTable.Keys.
    private static readonly NpgsqlDbType[] Types =
    [
        NpgsqlDbType.Text,
        NpgsqlDbType.Text,
        NpgsqlDbType.Bytea,
        NpgsqlDbType.Integer,
        NpgsqlDbType.Bytea,
        NpgsqlDbType.TimestampTz,
        NpgsqlDbType.Array | NpgsqlDbType.Text,
        NpgsqlDbType.Array | NpgsqlDbType.Text,
        NpgsqlDbType.Array | NpgsqlDbType.Text,
        NpgsqlDbType.Array | NpgsqlDbType.Text,
        NpgsqlDbType.TimestampTz,
        NpgsqlDbType.TimestampTz,
        NpgsqlDbType.TimestampTz,
        NpgsqlDbType.Text,
        NpgsqlDbType.Text,
        NpgsqlDbType.Array | NpgsqlDbType.Text,
        NpgsqlDbType.Integer,
        NpgsqlDbType.Bigint,
    ];

    private static NpgsqlParameter Parameter(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static DateTimeOffset? Time(object? value) => value is DateTime time ? new DateTimeOffset(time) : null;

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
