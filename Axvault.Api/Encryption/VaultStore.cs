using Axvault.Api.Database;
using Npgsql;

namespace Axvault.Api.Encryption;

/// <summary>The vault's own rows: the derivation of its keys, and the KEKs that it knows.</summary>
internal sealed class VaultStore(NpgsqlDataSource database)
{
    /// <summary>Returns the derivation. A new vault gets a fresh salt, once in the fleet.</summary>
    /// <exception cref="VaultKeyException">The vault's own rows are gone and others remain, or the derivation is too weak. Nothing was written.</exception>
    public async Task<KeyDerivation> GetOrCreateDerivationAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await Migrator.LockAsync(transaction, cancellationToken);
        var found = await FindDerivationAsync(connection, cancellationToken);
        VaultKeyCheck.VerifyRemains(
            hasDerivation: found is not null,
            hasKeks: (await ReadKeksAsync(transaction, cancellationToken)).Count > 0,
            await FindRemainsAsync(transaction, cancellationToken)
        );
        return found ?? await CreateDerivationAsync(transaction, cancellationToken);
    }

    /// <summary>Returns the derivation, or <see langword="null"/> when there is no vault.</summary>
    /// <exception cref="VaultKeyException">The derivation is weaker than accepted.</exception>
    public async Task<KeyDerivation?> FindDerivationAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await FindDerivationAsync(connection, cancellationToken);
    }

    private static async Task<KeyDerivation?> FindDerivationAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select kdf, salt, iterations from axvault.vault", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? KeyDerivation.Read(reader.GetString(0), reader.GetFieldValue<byte[]>(1), reader.GetInt32(2))
            : null;
    }

    private static async Task<KeyDerivation> CreateDerivationAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        var fresh = KeyDerivation.Create();
        await using var create = new NpgsqlCommand(
            "insert into axvault.vault (kdf, iterations, salt) values ($1, $2, $3)",
            transaction.Connection,
            transaction
        );
        create.Parameters.Add(new NpgsqlParameter<string> { TypedValue = KeyDerivation.Function });
        create.Parameters.Add(new NpgsqlParameter<int> { TypedValue = fresh.Iterations });
        create.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = fresh.Salt });
        await create.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return fresh;
    }

    // The tables of which a row shows that the vault was in use. Each is the first that a start or a call writes.
    private static async Task<List<string>> FindRemainsAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select what from (values
              ('API keys', exists (select from axvault.api_key)),
              ('credentials', exists (select from axvault.credential_version) or exists (select from axvault.credential)),
              ('audit entries', exists (select from axvault.audit_entry) or exists (select from axvault.audit_note)),
              ('lanes of the audit log', exists (select from axvault.lane)),
              ('checkpoints of the audit log', exists (select from axvault.checkpoint)),
              ('keys of the audit log', exists (select from axvault.chain_key))) as remains(what, is_there)
            where is_there
            """,
            transaction.Connection,
            transaction
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var remains = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            remains.Add(reader.GetString(0));
        }

        return remains;
    }

    /// <summary>Checks <paramref name="ring"/> against the KEKs that the vault knows, and writes nothing.</summary>
    public async Task CheckAsync(KeyRing ring, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        VaultKeyCheck.Verify(ring, await ReadKeksAsync(transaction, cancellationToken), new Dictionary<KekId, long>());
    }

    /// <summary>
    /// Checks <paramref name="ring"/> against the KEKs that the vault knows and uses, and registers <paramref name="server"/> with it. Servers that start or
    /// choose another KEK do so one after the other. None begins to encrypt with a KEK that an earlier registered server lacks.
    /// </summary>
    /// <returns>The KEK that the server is to encrypt with.</returns>
    /// <exception cref="VaultKeyException">The ring does not open the vault; nothing was written.</exception>
    public async Task<KekId> RegisterAsync(ServerIdentity server, KeyRing ring, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await Migrator.LockAsync(transaction, cancellationToken);
        var known = await ReadKeksAsync(transaction, cancellationToken);
        VaultKeyCheck.Verify(ring, known, await ReadKeksInUseAsync(transaction, known.Keys, cancellationToken));
        VaultKeyCheck.VerifyAuditKeys(ring, known.Keys, await ReadAuditKeysAsync(transaction, cancellationToken));
        VaultKeyCheck.VerifyFleet(ring, await FleetStore.FindOthersAsync(transaction, server.Id, cancellationToken));
        return await AgreeAsync(transaction, server, ring, cancellationToken);
    }

    /// <summary>Chooses the KEK that <paramref name="server"/> is to encrypt with, and stores the choice.</summary>
    /// <returns>The KEK.</returns>
    public async Task<KekId> AgreeAsync(ServerIdentity server, KeyRing ring, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await Migrator.LockAsync(transaction, cancellationToken);
        return await AgreeAsync(transaction, server, ring, cancellationToken);
    }

    /// <summary>Returns the KEKs that the vault was encrypted with, the newest first. A finished rotation removes KEKs from this list.</summary>
    public async Task<List<KekId>> FindKeksAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        return [.. (await ReadKeksAsync(transaction, cancellationToken)).Keys];
    }

    private static async Task<KekId> AgreeAsync(
        NpgsqlTransaction transaction,
        ServerIdentity server,
        KeyRing ring,
        CancellationToken cancellationToken
    )
    {
        var known = await ReadKeksAsync(transaction, cancellationToken);
        var retired = (await ReadAuditKeysAsync(transaction, cancellationToken)).Select(static key => key.Id);
        var others = await FleetStore.FindOthersAsync(transaction, server.Id, cancellationToken);
        // With a retired key this server could write no audit entry.
        var chosen = KekAgreement.Choose(ring, others, known.Keys.Except(retired));
        await FleetStore.WriteAsync(transaction, server, ring, chosen, cancellationToken);

        await using var register = new NpgsqlCommand(
            """
            insert into axvault.kek (kek_id, check_value) values ($1, $2)
            on conflict (kek_id) do nothing
            """,
            transaction.Connection,
            transaction
        );
        ring.TryFind(chosen, out var key);
        register.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = chosen.ToArray() });
        register.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = key!.CheckValue });
        await register.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return chosen;
    }

    // The newest first.
    private static async Task<OrderedDictionary<KekId, byte[]>> ReadKeksAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select kek_id, check_value from axvault.kek order by created_at desc, kek_id",
            transaction.Connection,
            transaction
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var keys = new OrderedDictionary<KekId, byte[]>();
        while (await reader.ReadAsync(cancellationToken))
        {
            keys.Add(KekId.Read(reader.GetFieldValue<byte[]>(0)), reader.GetFieldValue<byte[]>(1));
        }

        return keys;
    }

    // A row that names a KEK which the vault never had holds up no start. Data under one does: it may be the only copy.
    private static async Task<Dictionary<KekId, long>> ReadKeksInUseAsync(
        NpgsqlTransaction transaction,
        IReadOnlyCollection<KekId> known,
        CancellationToken cancellationToken
    )
    {
        var keys = new Dictionary<KekId, long>();
        foreach (var name in EnvelopeTable.All.Select(static table => table.Name).Concat(SealedTable.All.Select(static table => table.Name)))
        {
            var isData = EnvelopeTable.All.Any(table => table.Name == name);
            await using var command = new NpgsqlCommand(
                $"select kek_id, count(*) from axvault.{name} where kek_id is not null group by kek_id",
                transaction.Connection,
                transaction
            )
            {
                CommandTimeout = 0,
            };
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                var id = KekId.Read(reader.GetFieldValue<byte[]>(0));
                if (isData || known.Contains(id))
                {
                    keys[id] = keys.GetValueOrDefault(id) + reader.GetInt64(1);
                }
            }
        }

        return keys;
    }

    private static async Task<List<(KekId Id, KekId WrappedBy)>> ReadAuditKeysAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select kek_id, wrapped_by from axvault.chain_key", transaction.Connection, transaction);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var keys = new List<(KekId, KekId)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            keys.Add((KekId.Read(reader.GetFieldValue<byte[]>(0)), KekId.Read(reader.GetFieldValue<byte[]>(1))));
        }

        return keys;
    }
}
