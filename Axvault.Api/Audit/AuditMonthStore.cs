using Axvault.Api.Audit.Chain;
using Axvault.Api.Encryption;
using Axvault.Api.Migrations;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>The partitions of the audit log in PostgreSQL, one for each month.</summary>
internal sealed class AuditMonthStore(NpgsqlDataSource database)
{
    /// <summary>Whether <paramref name="exception"/> says that no partition takes an entry's time.</summary>
    public static bool IsMonthMissing(Exception exception) =>
        exception is PostgresException { SqlState: PostgresErrorCodes.CheckViolation } postgres && postgres.MessageText.Contains("partition", StringComparison.Ordinal);

    /// <summary>Makes the partition of the month of <paramref name="time"/>, and that of the next one, where they are missing.</summary>
    public async Task MakeMonthsAsync(DateTimeOffset time, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select axvault.audit_make_month($1), axvault.audit_make_month(($1 + interval '1 month')::date)");
        command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = DateOnly.FromDateTime(time.UtcDateTime) });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The partitions whose month has ended before <paramref name="time"/>, oldest first.</summary>
    public async Task<List<string>> FindMonthsBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            select c.relname
            from pg_inherits i join pg_class c on c.oid = i.inhrelid
            where i.inhparent = 'axvault.audit_entry'::regclass
              and c.relname ~ '^audit_entry_[0-9]{6}$'
              and (to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month')::timestamp at time zone 'UTC' <= $1
            order by c.relname
            """);
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = time.ToUniversalTime() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var months = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            months.Add(reader.GetString(0));
        }

        return months;
    }

    /// <summary>Drops the partition <paramref name="month"/>, and leaves in its place the seal of its last entry, in one transaction.</summary>
    /// <param name="month">The name of the partition, one of <see cref="FindMonthsBeforeAsync"/>.</param>
    /// <param name="seal">Seals the last entry.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    /// <returns>The last entry that was dropped; <see langword="null"/> when it had none, or another server has dropped it.</returns>
    public async Task<ChainHead?> DropMonthAsync(string month, Func<ChainHead, (KekId KeyId, byte[] Seal)> seal, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(seal);

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // Not waited for long: whoever comes after a waiting lock waits, too.
        await ExecuteAsync(transaction, $"select {LockLimit.OfRows}, set_config('lock_timeout', '2s', true)", cancellationToken);
        await using var exists = new NpgsqlCommand("select to_regclass('axvault.' || $1) is not null", connection, transaction);
        exists.Parameters.Add(new NpgsqlParameter<string> { TypedValue = month });
        if (!(bool)(await exists.ExecuteScalarAsync(cancellationToken))!)
        {
            return null;
        }

        var last = await ReadLastAsync(transaction, month, cancellationToken);
        if (last is not null)
        {
            var (keyId, bytes) = seal(last);
            await using var cut = new NpgsqlCommand(
                "insert into axvault.audit_cut (seq, at, mac, chain_key, seal) values ($1, $2, $3, $4, $5) on conflict (seq) do nothing", connection, transaction);
            cut.Parameters.Add(new NpgsqlParameter<long> { TypedValue = last.Sequence });
            cut.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = last.At });
            cut.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = last.Mac });
            cut.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = keyId.ToArray() });
            cut.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = bytes });
            await cut.ExecuteNonQueryAsync(cancellationToken);
        }

        await ExecuteAsync(transaction, $"drop table axvault.{month}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return last;
    }

    private static async Task<ChainHead?> ReadLastAsync(NpgsqlTransaction transaction, string month, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"select seq, at, mac from axvault.{month} order by at desc, seq desc limit 1", transaction.Connection, transaction);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? AuditHeadStore.ReadHead(reader, 0) : null;
    }

    private static async Task ExecuteAsync(NpgsqlTransaction transaction, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
