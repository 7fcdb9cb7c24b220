using Axvault.Tests.Harness.Servers;
using Npgsql;

namespace Axvault.Tests.Audit;

/// <summary>The rows and blocks that PostgreSQL has read of the tables of the vault. They do not depend on the load of the machine.</summary>
/// <param name="Rows">The number of rows.</param>
/// <param name="Blocks">The number of blocks of tables and indexes.</param>
internal sealed record LedgerReads(long Rows, long Blocks)
{
    /// <summary>Keeps the database from reading the tables by itself.</summary>
    public static Task StopVacuumAsync(string connectionString) =>
        DatabaseContents.ExecuteAsync(
            connectionString,
            """
            do $$
            declare name regclass;
            begin
              for name in select oid from pg_class where relnamespace = 'axvault'::regnamespace and relkind = 'r' loop
                execute format('alter table %s set (autovacuum_enabled = false)', name);
              end loop;
            end $$
            """
        );

    /// <summary>Returns what <paramref name="work"/> makes the database read. All connections of the work must be closed at its end.</summary>
    public static async Task<LedgerReads> OfAsync(string connectionString, Func<Task> work)
    {
        var before = await CountAsync(connectionString);
        await work();
        var after = await CountAsync(connectionString);
        return new LedgerReads(after.Rows - before.Rows, after.Blocks - before.Blocks);
    }

    // A session reports what it has read at the latest when it ends, before it leaves pg_stat_activity.
    private static async Task<LedgerReads> CountAsync(string connectionString)
    {
        await Until.HoldsAsync(
            async () =>
                await DatabaseContents.ScalarAsync<long>(
                    connectionString,
                    "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
                ) == 0,
            "the other sessions have ended"
        );
        await using var connection = await DatabaseContents.OpenAsync(connectionString);
        await using var command = new NpgsqlCommand(
            """
            select
              sum(coalesce(t.seq_tup_read, 0) + coalesce(t.idx_tup_fetch, 0))::bigint,
              sum(b.heap_blks_read + b.heap_blks_hit + coalesce(b.idx_blks_read, 0) + coalesce(b.idx_blks_hit, 0))::bigint
            from pg_stat_user_tables t join pg_statio_user_tables b on b.relid = t.relid
            where t.schemaname = 'axvault'
            """,
            connection
        );
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        await reader.ReadAsync(TestContext.Current.CancellationToken);
        return new LedgerReads(reader.GetInt64(0), reader.GetInt64(1));
    }
}
