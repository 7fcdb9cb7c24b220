using Axvault.Api.Authorization;
using Axvault.Api.Keys;
using Npgsql;

namespace Axvault.Api.Broker.Running;

/// <summary>The keys and credentials of running calls, in PostgreSQL.</summary>
internal sealed class CallStore(NpgsqlDataSource database, KeyRowStore rows)
{
    /// <summary>Returns the keys that exist and fit their seals, and the names that have a credential.</summary>
    public async Task<(Dictionary<KeyId, ApiKey> Keys, HashSet<string> Names)> FindAsync(
        IEnumerable<KeyId> keys,
        IEnumerable<CredentialName> names,
        CancellationToken cancellationToken
    )
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand($"select {KeyRowStore.Columns} from axvault.api_key where id = any ($1)")
            {
                Parameters = { new NpgsqlParameter<string[]> { TypedValue = [.. keys.Select(static key => key.Value)] } },
            }
        );
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand("select name from axvault.credential where name = any ($1) and version_id is not null")
            {
                Parameters = { new NpgsqlParameter<string[]> { TypedValue = [.. names.Select(static name => name.Value)] } },
            }
        );
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        Dictionary<KeyId, ApiKey> found = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            if (rows.Read(reader) is { Key: { } key })
            {
                found[key.Id] = key;
            }
        }

        await reader.NextResultAsync(cancellationToken);
        HashSet<string> existing = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            existing.Add(reader.GetString(0));
        }

        return (found, existing);
    }
}
