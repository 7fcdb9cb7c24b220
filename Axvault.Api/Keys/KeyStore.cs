using Axvault.Api.Authorization;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Keys;

/// <summary>API keys in PostgreSQL: reads, the last use, and the form of a row.</summary>
internal sealed class KeyStore(NpgsqlDataSource database)
{
    /// <summary>The columns that <see cref="Read"/> reads.</summary>
    public const string Columns = """
        id, name, read_access, write_access, grant_access, created_at, updated_at, last_used_at,
        expires_at, allowed_cidrs::text[], secret_version, previous_secret_hash is not null, previous_secret_expires_at, previous_secret_last_used_at
        """;

    private const int HashColumn = 14;
    private const int PreviousHashColumn = 15;

    private const string SelectStored = $"select {Columns}, secret_hash, previous_secret_hash, xmin from axvault.api_key";

    /// <summary>Returns the key whose present or previous secret has <paramref name="hash"/>, or <see langword="null"/>.</summary>
    public async Task<StoredKey?> FindByHashAsync(byte[] hash, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"{SelectStored} where secret_hash = $1 or previous_secret_hash = $1");
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = hash });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadStored(reader) : null;
    }

    /// <summary>Returns the keys whose present or previous secret has one of <paramref name="hashes"/>, by both hashes in Base64.</summary>
    public async Task<Dictionary<string, StoredKey>> FindByHashesAsync(byte[][] hashes)
    {
        await using var command = database.CreateCommand($"{SelectStored} where secret_hash = any ($1) or previous_secret_hash = any ($1)");
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = hashes });
        await using var reader = await command.ExecuteReaderAsync();
        var found = new Dictionary<string, StoredKey>(StringComparer.Ordinal);
        while (await reader.ReadAsync())
        {
            var key = ReadStored(reader);
            foreach (var column in new[] { HashColumn, PreviousHashColumn }.Where(column => !reader.IsDBNull(column)))
            {
                found[Convert.ToBase64String(reader.GetFieldValue<byte[]>(column))] = key;
            }
        }

        return found;
    }

    /// <summary>Returns every key, oldest first.</summary>
    public async Task<List<ApiKey>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"select {Columns} from axvault.api_key order by created_at, id");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<ApiKey> keys = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            keys.Add(Read(reader));
        }

        return keys;
    }

    /// <summary>Returns the key with <paramref name="id"/>, or <see langword="null"/>.</summary>
    public async Task<ApiKey?> FindAsync(KeyId id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"select {Columns} from axvault.api_key where id = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    /// <summary>Writes the last use of keys, and of previous secrets.</summary>
    public async Task UseAsync(IReadOnlyCollection<KeyValuePair<KeyUse, DateTimeOffset>> uses, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            update axvault.api_key
            set last_used_at = greatest(last_used_at, used.at),
                previous_secret_last_used_at = case
                  when used.previous_version = secret_version - 1 and previous_secret_hash is not null
                  then greatest(previous_secret_last_used_at, used.previous_at)
                  else previous_secret_last_used_at end
            from (
              select id, use.at, use.previous_version, use.previous_at
              from unnest($1, $2, $3, $4) as use (id, at, previous_version, previous_at) join axvault.api_key using (id)
              order by id
              for update of api_key) as used
            where api_key.id = used.id
            """
        );
        var keys = uses.GroupBy(static use => use.Key.Key)
            .Select(static key =>
                (
                    Id: key.Key.Value,
                    At: key.Max(static use => use.Value),
                    Previous: key.Select(static use => (Version: use.Key.PreviousVersion ?? 0, At: use.Value)).MaxBy(static use => use.Version)
                )
            )
            .ToList();
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. keys.Select(static key => key.Id)] });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. keys.Select(static key => key.At)] });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. keys.Select(static key => key.Previous.Version)] });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. keys.Select(static key => key.Previous.At)] });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Inserts a key in <paramref name="transaction"/>.</summary>
    public static async Task<ApiKey> InsertAsync(
        NpgsqlTransaction transaction,
        KeyId id,
        string name,
        AccessScope scope,
        byte[] secretHash,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            $"""
            insert into axvault.api_key (id, name, read_access, write_access, grant_access, expires_at, allowed_cidrs, secret_hash, created_at, updated_at)
            values ($1, $2, $3, $4, $5, $6, $7::cidr[], $8, date_trunc('milliseconds', now()), date_trunc('milliseconds', now()))
            returning {Columns}
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id.Value });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        AddScope(command, scope);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = secretHash });
        return await ReadOneAsync(command, cancellationToken);
    }

    /// <summary>Adds the parameters of <paramref name="scope"/>: read_access, write_access, grant_access, expires_at, allowed_cidrs.</summary>
    public static void AddScope(NpgsqlCommand command, AccessScope scope)
    {
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = scope.Read.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = scope.Write.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = scope.Grant.ToArray() });
        command.Parameters.Add(Time(scope.Limits.ExpiresAt));
        command.Parameters.Add(
            new NpgsqlParameter<string[]> { TypedValue = scope.Limits.Networks.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text }
        );
    }

    /// <summary>Runs <paramref name="command"/>, which returns one row of <see cref="Columns"/>.</summary>
    public static async Task<ApiKey> ReadOneAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return Read(reader);
    }

    /// <summary>Reads <see cref="Columns"/>, the first columns of <paramref name="reader"/>.</summary>
    public static ApiKey Read(NpgsqlDataReader reader) =>
        new(
            KeyId.FromStored(reader.GetString(0)),
            reader.GetString(1),
            new AccessScope(
                AccessList.FromStored(reader.GetFieldValue<string[]>(2)),
                AccessList.FromStored(reader.GetFieldValue<string[]>(3)),
                AccessList.FromStored(reader.GetFieldValue<string[]>(4))
            )
            {
                Limits = new KeyLimits(Time(reader, 8), ClientNetworks.FromStored(reader.GetFieldValue<string[]>(9))),
            },
            new KeySecrets(reader.GetInt32(10), reader.GetBoolean(11) ? new PreviousSecret(Time(reader, 12), Time(reader, 13)) : null),
            reader.GetFieldValue<DateTimeOffset>(5),
            reader.GetFieldValue<DateTimeOffset>(6),
            Time(reader, 7)
        );

    /// <summary>Returns a parameter with a time or null.</summary>
    public static NpgsqlParameter Time(DateTimeOffset? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    private static StoredKey ReadStored(NpgsqlDataReader reader) =>
        new(
            Read(reader),
            reader.GetFieldValue<byte[]>(HashColumn),
            reader.IsDBNull(PreviousHashColumn) ? null : reader.GetFieldValue<byte[]>(PreviousHashColumn),
            reader.GetFieldValue<uint>(16)
        );

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
