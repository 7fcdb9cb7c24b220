using Axvault.Api.Chain;
using Axvault.Api.Encryption;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>Notes in PostgreSQL: entries of changes that were made while entries could not be appended.</summary>
internal sealed class AuditNoteStore(NpgsqlDataSource database)
{
    /// <summary>Writes a note in the transaction of its change.</summary>
    public static async Task WriteAsync(NpgsqlTransaction transaction, AuditNote note, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "insert into axvault.audit_note (id, entry, kek_id, seal) values ($1, $2, $3, $4)",
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = note.Id });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = note.Entry.ToJson() });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = note.Kek.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = note.Seal });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Returns the oldest notes. An invalid note has only its id.</summary>
    public async Task<List<(Guid Id, AuditNote? Note)>> FindAsync(int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "select id, entry, kek_id, seal from axvault.audit_note order by noted_at, id limit $1"
        );
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var left = new List<(Guid, AuditNote?)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var id = reader.GetGuid(0);
            left.Add(
                (
                    id,
                    AuditEntry.TryParseJson(reader.GetString(1), out var entry)
                        ? new AuditNote(id, entry, KekId.Read(reader.GetFieldValue<byte[]>(2)), reader.GetFieldValue<byte[]>(3))
                        : null
                )
            );
        }

        return left;
    }

    /// <summary>
    /// Waits for the notes that are being written, and holds off further ones until <paramref name="transaction"/> ends. Returns <see langword="true"/> when no
    /// note is under another KEK than <paramref name="kek"/>; otherwise <see langword="false"/>.
    /// </summary>
    public static async Task<bool> AreAllUnderAsync(NpgsqlTransaction transaction, KekId kek, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("lock table axvault.audit_note in share mode"));
        var others = new NpgsqlBatchCommand("select not exists (select from axvault.audit_note where kek_id <> $1)");
        others.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = kek.ToArray() });
        batch.BatchCommands.Add(others);
        return (bool)(await batch.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Removes a note in <paramref name="transaction"/>.</summary>
    /// <returns><see langword="true"/> when it was there; otherwise <see langword="false"/>.</returns>
    public static async Task<bool> RemoveAsync(NpgsqlTransaction transaction, Guid id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("delete from axvault.audit_note where id = $1", transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }
}
