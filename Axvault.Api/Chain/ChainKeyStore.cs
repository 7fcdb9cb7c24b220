using Axvault.Api.Encryption;
using Npgsql;

namespace Axvault.Api.Chain;

/// <summary>The chain keys of retired KEKs, wrapped, in PostgreSQL.</summary>
internal sealed class ChainKeyStore(NpgsqlDataSource database)
{
    /// <summary>Returns the stored keys.</summary>
    public async Task<List<StoredChainKey>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select kek_id, wrapped_by, wrapped, retired_at, seal from axvault.chain_key");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var keys = new List<StoredChainKey>();
        while (await reader.ReadAsync(cancellationToken))
        {
            keys.Add(
                new StoredChainKey(
                    KekId.Read(reader.GetFieldValue<byte[]>(0)),
                    KekId.Read(reader.GetFieldValue<byte[]>(1)),
                    reader.GetFieldValue<byte[]>(2),
                    reader.GetInt64(3),
                    reader.GetFieldValue<byte[]>(4)
                )
            );
        }

        return keys;
    }

    /// <summary>Returns <see langword="true"/> when <paramref name="kek"/> is retired; otherwise <see langword="false"/>.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="kek">The KEK.</param>
    /// <param name="except">The KEKs whose retirement of <paramref name="kek"/> does not count.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    public static async Task<bool> IsRetiredAsync(NpgsqlTransaction transaction, KekId kek, byte[][] except, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select exists (select from axvault.chain_key where kek_id = $1 and not wrapped_by = any ($2))",
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = kek.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = except });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Stores a key in <paramref name="transaction"/>, unless it is stored under the same KEK.</summary>
    public static async Task WriteAsync(NpgsqlTransaction transaction, StoredChainKey key, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into axvault.chain_key (kek_id, wrapped_by, wrapped, retired_at, seal) values ($1, $2, $3, $4, $5)
            on conflict (kek_id, wrapped_by) do nothing
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = key.Kek.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = key.WrappedBy.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = key.Wrapped });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = key.RetiredAt });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = key.Seal });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Removes in <paramref name="transaction"/> the keys that are stored under <paramref name="wrapper"/> from under all other KEKs.</summary>
    public static async Task RemoveSupersededAsync(NpgsqlTransaction transaction, KekId wrapper, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            delete from axvault.chain_key k
            where k.wrapped_by <> $1 and (k.kek_id = $1 or exists (select from axvault.chain_key c where c.kek_id = k.kek_id and c.wrapped_by = $1))
            """,
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = wrapper.ToArray() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>The chain key of a retired KEK, as stored.</summary>
/// <param name="Kek">The retired KEK.</param>
/// <param name="WrappedBy">The KEK that wraps the key.</param>
/// <param name="Wrapped">The wrapped key.</param>
/// <param name="RetiredAt">The number of the checkpoint that retired it.</param>
/// <param name="Seal">The seal of the retirement, with the chain key of <paramref name="WrappedBy"/>.</param>
internal sealed record StoredChainKey(KekId Kek, KekId WrappedBy, byte[] Wrapped, long RetiredAt, byte[] Seal);
