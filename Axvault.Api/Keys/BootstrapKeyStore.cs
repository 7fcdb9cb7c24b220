using Axvault.Api.Authorization;
using Npgsql;

namespace Axvault.Api.Keys;

/// <summary>API keys in PostgreSQL that are made and removed without a caller: by the first start, and by <c>axvault bootstrap</c>.</summary>
internal static class BootstrapKeyStore
{
    /// <summary>Returns <see langword="true"/> when there is a key; otherwise <see langword="false"/>.</summary>
    public static async Task<bool> HasAnyAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select exists (select from axvault.api_key)", transaction.Connection, transaction);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Removes in <paramref name="transaction"/> every key that grants <c>*</c>.</summary>
    /// <returns>The ids of the removed keys.</returns>
    public static async Task<List<KeyId>> DeleteAdministratorsAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        // Locked in the order of the ids, as by every change of keys.
        await using var command = new NpgsqlCommand(
            """
            with locked as materialized (select id from axvault.api_key where '*' = any (grant_access) order by id for update)
            delete from axvault.api_key k using locked where k.id = locked.id returning k.id
            """,
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
