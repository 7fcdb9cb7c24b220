using Axvault.Api.Audit.Chain;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>The head of the audit chain in PostgreSQL.</summary>
internal sealed class AuditHeadStore(NpgsqlDataSource database)
{
    // In seconds. What waits for an append waits for this, too.
    private const int Timeout = AuditAppendStore.Timeout;

    /// <summary>Reads the head, and the database's time; begins the chain of a new vault with <paramref name="genesis"/>.</summary>
    public async Task<(ChainHead Head, DateTimeOffset Clock)> ReadHeadAsync(byte[] genesis, CancellationToken cancellationToken)
    {
        // A head that is missing while there are entries was taken away: the newest of them takes its place, and the verification tells.
        await using var begin = database.CreateCommand(
            """
            insert into axvault.audit_head (seq, at, mac)
            select last.seq, last.at, last.mac
            from (
              (select seq, at, mac from axvault.audit_entry order by at desc, seq desc limit 1)
              union all
              (select seq, at, mac from axvault.audit_cut order by seq desc limit 1)
              union all
              select 0, date_trunc('milliseconds', clock_timestamp()), $1) as last
            where not exists (select from axvault.audit_head)
            order by last.seq desc
            limit 1
            on conflict (singleton) do nothing
            """);
        begin.CommandTimeout = Timeout;
        begin.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = genesis });
        await begin.ExecuteNonQueryAsync(cancellationToken);

        await using var read = database.CreateCommand("select seq, at, mac, clock_timestamp() from axvault.audit_head");
        read.CommandTimeout = Timeout;
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (ReadHead(reader, 0), reader.GetFieldValue<DateTimeOffset>(3));
    }

    /// <summary>Whether <paramref name="entry"/> is in the chain, on a synchronous standby too: the lock is written, and its commit waits until the standby has all that came before.</summary>
    public async Task<bool> ContainsAsync(ChainHead entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);

        await using var command = database.CreateCommand(
            "select exists (select from axvault.audit_entry where at = $1 and seq = $2 and mac = $3) from (select from axvault.audit_head for update) as locked");
        command.CommandTimeout = Timeout;
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = entry.At });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = entry.Sequence });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = entry.Mac });
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>The head in three columns of <paramref name="reader"/> from <paramref name="first"/> on: number, time, MAC.</summary>
    public static ChainHead ReadHead(NpgsqlDataReader reader, int first) =>
        new(reader.GetInt64(first), reader.GetFieldValue<DateTimeOffset>(first + 1), reader.GetFieldValue<byte[]>(first + 2));
}
