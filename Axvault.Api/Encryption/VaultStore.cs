using Axvault.Api.Migrations;
using Npgsql;

namespace Axvault.Api.Encryption;

/// <summary>The vault's own rows: how its keys are derived, and which keys it knows.</summary>
internal sealed class VaultStore(NpgsqlDataSource database)
{
    /// <summary>Reads how keys are derived; a new vault gets a fresh salt, once in the fleet.</summary>
    public async Task<KeyDerivation> GetOrCreateDerivationAsync(CancellationToken cancellationToken)
    {
        var fresh = KeyDerivation.Create();
        await using var create = database.CreateCommand(
            """
            insert into axvault.vault (kdf, iterations, salt) values ($1, $2, $3)
            on conflict (singleton) do nothing
            """);
        create.Parameters.Add(new NpgsqlParameter<string> { TypedValue = KeyDerivation.Function });
        create.Parameters.Add(new NpgsqlParameter<int> { TypedValue = fresh.Iterations });
        create.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = fresh.Salt });
        await create.ExecuteNonQueryAsync(cancellationToken);

        return (await FindDerivationAsync(cancellationToken))!;
    }

    /// <summary>Reads how keys are derived; <see langword="null"/> when there is no vault.</summary>
    public async Task<KeyDerivation?> FindDerivationAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select salt, iterations from axvault.vault");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new KeyDerivation(reader.GetFieldValue<byte[]>(0), reader.GetInt32(1)) : null;
    }

    /// <summary>Checks <paramref name="ring"/> against the keys that the vault knows, and writes nothing.</summary>
    /// <exception cref="VaultKeyException">The ring has none of them.</exception>
    public async Task CheckAsync(KeyRing ring, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        VaultKeyCheck.Verify(ring, await ReadKeysAsync(transaction, cancellationToken), new Dictionary<KekId, long>());
    }

    /// <summary>Checks <paramref name="ring"/> against the keys that the vault knows and the data it holds, and adds its current key to them.</summary>
    /// <exception cref="VaultKeyException">The ring does not open the vault; nothing was written.</exception>
    public async Task RegisterAsync(KeyRing ring, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ring);

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await Migrator.LockAsync(transaction, cancellationToken);
        VaultKeyCheck.Verify(ring, await ReadKeysAsync(transaction, cancellationToken), await ReadKeysInUseAsync(transaction, cancellationToken));

        await using var register = new NpgsqlCommand(
            """
            insert into axvault.vault_key (key_id, check_value) values ($1, $2)
            on conflict (key_id) do nothing
            """,
            connection,
            transaction);
        register.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = ring.Current.Id.ToArray() });
        register.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = ring.Current.CheckValue });
        await register.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<Dictionary<KekId, byte[]>> ReadKeysAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select key_id, check_value from axvault.vault_key", transaction.Connection, transaction);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var keys = new Dictionary<KekId, byte[]>();
        while (await reader.ReadAsync(cancellationToken))
        {
            keys.Add(KekId.Read(reader.GetFieldValue<byte[]>(0)), reader.GetFieldValue<byte[]>(1));
        }

        return keys;
    }

    private static async Task<Dictionary<KekId, long>> ReadKeysInUseAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select key_id, count(*) from axvault.credential group by key_id", transaction.Connection, transaction)
        {
            CommandTimeout = 0,
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var keys = new Dictionary<KekId, long>();
        while (await reader.ReadAsync(cancellationToken))
        {
            keys.Add(KekId.Read(reader.GetFieldValue<byte[]>(0)), reader.GetInt64(1));
        }

        return keys;
    }
}
