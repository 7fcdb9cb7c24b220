using Axvault.Api.Database;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>The monthly partitions of the audit log in PostgreSQL.</summary>
internal sealed class AuditMonthStore(NpgsqlDataSource database)
{
    /// <summary>Returns <see langword="true"/> when no partition accepts the time of an entry; otherwise <see langword="false"/>.</summary>
    public static bool IsMonthMissing(Exception exception) =>
        exception is PostgresException { SqlState: PostgresErrorCodes.CheckViolation } postgres
        && postgres.MessageText.Contains("partition", StringComparison.Ordinal);

    /// <summary>Makes the missing partitions of the month of <paramref name="time"/> and of the next month.</summary>
    public async Task MakeMonthsAsync(DateTimeOffset time, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select axvault.audit_make_month($1), axvault.audit_make_month(($1 + interval '1 month')::date)");
        command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = DateOnly.FromDateTime(time.UtcDateTime) });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Returns the partitions whose month ended before <paramref name="time"/>, oldest first.</summary>
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
            """
        );
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = time.ToUniversalTime() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var months = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            months.Add(reader.GetString(0));
        }

        return months;
    }

    /// <summary>
    /// Locks the partition <paramref name="month"/> against the drop by another server. Returns <see langword="false"/> when another server has dropped it.
    /// </summary>
    public static async Task<bool> LockAsync(NpgsqlTransaction transaction, string month, CancellationToken cancellationToken)
    {
        // A short limit: other transactions queue behind a waiting lock.
        await ExecuteAsync(transaction, $"select {LockLimit.OfRows}, set_config('lock_timeout', '2s', true)", cancellationToken);
        await using var exists = new NpgsqlCommand("select to_regclass('axvault.' || $1) is not null", transaction.Connection, transaction);
        exists.Parameters.Add(new NpgsqlParameter<string> { TypedValue = month });
        return (bool)(await exists.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Drops the partition <paramref name="month"/> in <paramref name="transaction"/>.</summary>
    public static async Task DropAsync(NpgsqlTransaction transaction, string month, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select axvault.audit_drop_month($1)", transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = month });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task ExecuteAsync(NpgsqlTransaction transaction, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
