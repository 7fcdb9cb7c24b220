using Axvault.Api.Authorization;
using Npgsql;

namespace Axvault.Api.Keys;

/// <summary>API keys in PostgreSQL that are made and removed without a caller: by the first start, and by <c>axvault bootstrap</c>.</summary>
internal static class BootstrapKeyStore
{
    /// <summary>Makes a key in <paramref name="transaction"/> when there is none at all.</summary>
    public static async Task<ApiKey?> InsertFirstAsync(
        NpgsqlTransaction transaction,
        KeyId id,
        string name,
        AccessScope scope,
        byte[] secretHash,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand("select exists (select from axvault.api_key)", transaction.Connection, transaction);
        var any = (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
        return any ? null : await KeyStore.InsertAsync(transaction, id, name, scope, secretHash, cancellationToken);
    }

    /// <summary>Makes a key in <paramref name="transaction"/>.</summary>
    public static Task<ApiKey> InsertAsync(
        NpgsqlTransaction transaction,
        KeyId id,
        string name,
        AccessScope scope,
        byte[] secretHash,
        CancellationToken cancellationToken
    ) => KeyStore.InsertAsync(transaction, id, name, scope, secretHash, cancellationToken);

    /// <summary>Removes in <paramref name="transaction"/> every key that grants <c>*</c>.</summary>
    /// <returns>The ids of the removed keys.</returns>
    public static async Task<List<KeyId>> DeleteAdministratorsAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await KeyChangeStore.LockWithAdministratorsAsync(transaction, [], cancellationToken);
        await using var command = new NpgsqlCommand(
            "delete from axvault.api_key where '*' = any (grant_access) returning id",
            transaction.Connection,
            transaction
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<KeyId> removed = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            removed.Add(KeyId.FromStored(reader.GetString(0)));
        }

        return removed;
    }
}
