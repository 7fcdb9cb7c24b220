using System.Text;
using Npgsql;

namespace Axvault.Tests.Harness.Servers;

/// <summary>Everything that a stolen database reveals: every column of every table in every schema that is not PostgreSQL's own.</summary>
internal sealed class DatabaseContents
{
    private readonly List<byte[]> _values = [];

    private DatabaseContents() { }

    public static async Task<DatabaseContents> ReadAsync(string connectionString)
    {
        var cancelled = TestContext.Current.CancellationToken;
        await using var connection = await OpenAsync(connectionString);
        var tables = new List<string>();
        await using (
            var command = new NpgsqlCommand(
                """
                select format('%I.%I', schemaname, relname) from pg_stat_user_tables
                union all
                select 'pg_catalog.pg_description' union all select 'pg_catalog.pg_db_role_setting' union all select 'pg_catalog.pg_largeobject'
                """,
                connection
            )
        )
        await using (var reader = await command.ExecuteReaderAsync(cancelled))
        {
            while (await reader.ReadAsync(cancelled))
            {
                tables.Add(reader.GetString(0));
            }
        }

        var contents = new DatabaseContents();
        foreach (var table in tables)
        {
            await contents.ReadTableAsync(connection, table, cancelled);
        }

        return contents;
    }

    /// <summary>Runs a statement on a connection of its own.</summary>
    public static async Task<int> ExecuteAsync(string connectionString, string sql, params object[] values)
    {
        await using var connection = await OpenAsync(connectionString);
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Returns the first value of the first row.</summary>
    public static async Task<T> ScalarAsync<T>(string connectionString, string sql)
    {
        await using var connection = await OpenAsync(connectionString);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    public static async Task<NpgsqlConnection> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString)
            {
                Pooling = false,
                Timeout = 30,
                CommandTimeout = 60,
            }.ConnectionString
        );
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    /// <summary>Returns <see langword="true"/> when any value contains <paramref name="text"/> in any disguise; otherwise <see langword="false"/>.</summary>
    public bool Holds(string text) => Holds(Encoding.UTF8.GetBytes(text));

    /// <summary>Returns <see langword="true"/> when any value contains <paramref name="bytes"/> in any disguise; otherwise <see langword="false"/>.</summary>
    public bool Holds(byte[] bytes) => Disguise.Of(bytes).Any(disguise => _values.Any(value => value.AsSpan().IndexOf(disguise) >= 0));

    private async Task ReadTableAsync(NpgsqlConnection connection, string table, CancellationToken cancelled)
    {
        // Each table is read twice: binary values as bytes, and whole rows as text, as pg_dump would write them.
        await using (var command = new NpgsqlCommand($"select * from {table}", connection) { AllResultTypesAreUnknown = false })
        await using (var reader = await command.ExecuteReaderAsync(cancelled))
        {
            while (await reader.ReadAsync(cancelled))
            {
                for (var i = 0; i < reader.FieldCount; i++)
                {
                    if (reader.GetValue(i) is byte[] bytes)
                    {
                        _values.Add(bytes);
                    }
                }
            }
        }

        await using var rows = new NpgsqlCommand($"select t::text from {table} as t", connection);
        await using var texts = await rows.ExecuteReaderAsync(cancelled);
        while (await texts.ReadAsync(cancelled))
        {
            _values.Add(Encoding.UTF8.GetBytes(texts.GetString(0)));
        }
    }
}
