using Axvault.Api.Encryption;
using Npgsql;

namespace Axvault.Api.Audit.Chain;

/// <summary>The keys of the chain under former encryption keys, wrapped, in PostgreSQL.</summary>
internal sealed class AuditKeyStore(NpgsqlDataSource database)
{
    /// <summary>The wrapped keys of former encryption keys.</summary>
    public async Task<List<(KekId Id, KekId WrappedBy, byte[] Wrapped)>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select key_id, wrapped_by, wrapped from axvault.audit_key");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var keys = new List<(KekId, KekId, byte[])>();
        while (await reader.ReadAsync(cancellationToken))
        {
            keys.Add((KekId.Read(reader.GetFieldValue<byte[]>(0)), KekId.Read(reader.GetFieldValue<byte[]>(1)), reader.GetFieldValue<byte[]>(2)));
        }

        return keys;
    }

    /// <summary>Keeps the key of a former encryption key, wrapped.</summary>
    public async Task KeepAsync(KekId id, KekId wrappedBy, byte[] wrapped, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("insert into axvault.audit_key (key_id, wrapped_by, wrapped) values ($1, $2, $3) on conflict (key_id, wrapped_by) do nothing");
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = id.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = wrappedBy.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = wrapped });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
