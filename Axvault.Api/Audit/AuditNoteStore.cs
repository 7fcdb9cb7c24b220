using Axvault.Api.Encryption;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Audit;

/// <summary>Notes in PostgreSQL: what a change says of itself in its own transaction, until it is moved into the chain.</summary>
internal sealed class AuditNoteStore(NpgsqlDataSource database)
{
    /// <summary>Adds to <paramref name="command"/> the parameters of a note: id, entry, key id, seal.</summary>
    public static void Add(NpgsqlCommand command, AuditNote note)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(note);

        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = note.Id });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = note.Entry.ToJson() });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = note.ChainKey.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = note.Seal });
    }

    /// <summary>Writes a note in the transaction of the change that it tells of.</summary>
    public static async Task WriteAsync(NpgsqlTransaction transaction, AuditNote note, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transaction);

        await using var command = new NpgsqlCommand("insert into axvault.audit_noted (id, entry, chain_key, seal) values ($1, $2, $3, $4)", transaction.Connection, transaction);
        Add(command, note);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Writes a note that tells of no change, for what must not go unrecorded.</summary>
    public async Task WriteAsync(AuditNote note, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("insert into axvault.audit_noted (id, entry, chain_key, seal) values ($1, $2, $3, $4)");
        Add(command, note);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Which of <paramref name="notes"/> are not in the chain yet.</summary>
    public async Task<HashSet<Guid>> FindNotedAsync(Guid[] notes, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select id from axvault.audit_noted where id = any ($1)");
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = notes });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(reader.GetGuid(0));
        }

        return found;
    }

    /// <summary>Notes that nobody has moved into the chain for <paramref name="age"/>: their server died, or could not. Of what is no note there is the id alone.</summary>
    public async Task<List<(Guid Id, AuditNote? Note)>> FindLeftAsync(TimeSpan age, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select id, entry, chain_key, seal from axvault.audit_noted where noted_at < clock_timestamp() - $1 order by noted_at, id limit $2");
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = age, NpgsqlDbType = NpgsqlDbType.Interval });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var left = new List<(Guid, AuditNote?)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var id = reader.GetGuid(0);
            left.Add((id, AuditEntry.TryParseJson(reader.GetString(1), out var entry) ? new AuditNote(id, entry, KekId.Read(reader.GetFieldValue<byte[]>(2)), reader.GetFieldValue<byte[]>(3)) : null));
        }

        return left;
    }

    /// <summary>Removes a note that is none.</summary>
    public async Task RemoveAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("delete from axvault.audit_noted where id = $1");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
