using Axvault.Api.Authorization;
using Npgsql;

namespace Axvault.Api.Keys;

/// <summary>API keys in PostgreSQL: reads, and the last use.</summary>
internal sealed class KeyStore(NpgsqlDataSource database, KeyRowStore rows)
{
    private static readonly string Select = $"select {KeyRowStore.Columns} from axvault.api_key";

    /// <summary>Returns the key whose present or previous secret has <paramref name="hash"/>, or <see langword="null"/>.</summary>
    public async Task<StoredKey?> FindByHashAsync(byte[] hash, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"{Select} where secret_hash = $1 or previous_secret_hash = $1");
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = hash });
        // A foreign row with the same hash must not hide the row of the key.
        return (await ReadAllAsync(command, cancellationToken)).MaxBy(static key => key.IsBelieved);
    }

    /// <summary>Returns the keys whose present or previous secret has one of <paramref name="hashes"/>, by both hashes in Base64.</summary>
    public async Task<Dictionary<string, StoredKey>> FindByHashesAsync(byte[][] hashes)
    {
        await using var command = database.CreateCommand($"{Select} where secret_hash = any ($1) or previous_secret_hash = any ($1)");
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = hashes });
        var found = new Dictionary<string, StoredKey>(StringComparer.Ordinal);
        foreach (var key in (await ReadAllAsync(command, CancellationToken.None)).OrderBy(static key => key.IsBelieved))
        {
            foreach (var hash in key.HashTexts)
            {
                found[hash] = key;
            }
        }

        return found;
    }

    /// <summary>Returns every key, oldest first.</summary>
    /// <param name="issued"><see langword="true"/> for the keys of workloads, too; otherwise <see langword="false"/>.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    public async Task<List<StoredKey>> ListAsync(bool issued, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"{Select} where $1 or rule is null order by created_at, id");
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = issued });
        return await ReadAllAsync(command, cancellationToken);
    }

    /// <summary>Returns the key with <paramref name="id"/>, or <see langword="null"/>.</summary>
    public async Task<StoredKey?> FindAsync(KeyId id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"{Select} where id = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id.Value });
        return (await ReadAllAsync(command, cancellationToken)).FirstOrDefault();
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

    private async Task<List<StoredKey>> ReadAllAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<StoredKey> keys = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            if (rows.Read(reader) is { } key)
            {
                keys.Add(key);
            }
        }

        return keys;
    }
}
