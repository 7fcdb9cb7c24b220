using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Broker.Usage;

/// <summary>The use of the broker by day, in PostgreSQL. Days are those of UTC by the clock of the database.</summary>
internal sealed class UsageStore(NpgsqlDataSource database, Vault vault)
{
    /// <summary>Adds a batch of this server to the present day, unless it was added before: the answer may have been lost.</summary>
    public async Task AddAsync(UsageBatch batch, CancellationToken cancellationToken)
    {
        // In one order, so that two servers do not wait for each other.
        var rows = batch.Sums.OrderBy(static sum => (sum.Key.KeyId, sum.Key.Credential, sum.Key.Upstream, sum.Key.Model)).ToList();
        await using var command = database.CreateCommand(
            """
            with fresh as (
              insert into axvault.broker_batch as last (server, number, added_at) values ($12, $13, clock_timestamp())
              on conflict (server) do update set number = excluded.number, added_at = excluded.added_at
              where last.number < excluded.number
              returning number)
            insert into axvault.broker_usage as present
              (day, key_id, key_name, rule, credential, upstream, model, calls, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens)
            select (clock_timestamp() at time zone 'UTC')::date, added.*
            from fresh, unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[],
                               $10::bigint[], $11::bigint[]) as added
            on conflict (day, key_id, credential, upstream, model) do update set
              key_name = excluded.key_name, rule = excluded.rule, calls = present.calls + excluded.calls,
              input_tokens = present.input_tokens + excluded.input_tokens, output_tokens = present.output_tokens + excluded.output_tokens,
              cache_read_tokens = present.cache_read_tokens + excluded.cache_read_tokens,
              cache_write_tokens = present.cache_write_tokens + excluded.cache_write_tokens
            """
        );
        Add(command, rows, static row => row.Key.KeyId);
        Add(command, rows, static row => row.Value.KeyName);
        Add(command, rows, static row => row.Key.Rule);
        Add(command, rows, static row => row.Key.Credential);
        Add(command, rows, static row => row.Key.Upstream);
        Add(command, rows, static row => row.Key.Model);
        Add(command, rows, static row => row.Value.Calls);
        Add(command, rows, static row => row.Value.Input);
        Add(command, rows, static row => row.Value.Output);
        Add(command, rows, static row => row.Value.CacheRead);
        Add(command, rows, static row => row.Value.CacheWrite);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = vault.Server.Id });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = batch.Number });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Counts the tokens that the account of <paramref name="caller"/> has used today: its rule, or else its key.</summary>
    /// <returns>The tokens, and the number of the last batch of this server that is among them; 0 for none.</returns>
    public async Task<(long Tokens, long Batch)> CountTodayAsync(Caller caller, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            select coalesce(sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens), 0)::bigint,
                   coalesce((select number from axvault.broker_batch where server = $2), 0)
            from axvault.broker_usage where day = (clock_timestamp() at time zone 'UTC')::date and {(caller.Rule is null ? "key_id" : "rule")} = $1
            """
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = caller.Rule ?? caller.KeyId.Value });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = vault.Server.Id });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    /// <summary>Counts a call in the present minute of <paramref name="account"/>.</summary>
    public async Task<MinuteCount> CountMinuteAsync(string account, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            insert into axvault.broker_minute as present (account, minute, calls) values ($1, date_trunc('minute', clock_timestamp()), 1)
            on conflict (account) do update set
              calls = case when present.minute = excluded.minute then present.calls + 1 else 1 end, minute = excluded.minute
            returning calls, minute + interval '1 minute' - clock_timestamp()
            """
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = account });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new MinuteCount(reader.GetInt32(0), reader.GetTimeSpan(1));
    }

    /// <summary>Returns the use of some days, summed by <paramref name="by"/>.</summary>
    public async Task<List<UsageRow>> ReadAsync(DateOnly from, DateOnly to, UsageBy by, CancellationToken cancellationToken)
    {
        var (column, title) = by switch
        {
            UsageBy.Key => ("key_id", "max(key_name)"),
            UsageBy.Credential => ("credential", "null"),
            UsageBy.Model => ("model", "null"),
            UsageBy.Rule => ("rule", "null"),
            _ => ("day::text", "null"),
        };
        await using var command = database.CreateCommand(
            $"""
            select coalesce({column}, ''), {title}, sum(calls)::bigint, sum(input_tokens)::bigint, sum(output_tokens)::bigint,
                   sum(cache_read_tokens)::bigint, sum(cache_write_tokens)::bigint
            from axvault.broker_usage where day between $1 and $2
            group by 1 order by 1
            """
        );
        command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = from });
        command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = to });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<UsageRow> rows = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(
                new UsageRow(
                    reader.GetString(0),
                    reader.IsDBNull(1) ? null : reader.GetString(1),
                    reader.GetInt64(2),
                    reader.GetInt64(3),
                    reader.GetInt64(4),
                    reader.GetInt64(5),
                    reader.GetInt64(6)
                )
            );
        }

        return rows;
    }

    /// <summary>Removes what is older than <paramref name="kept"/> days.</summary>
    public async Task RemoveOldAsync(int kept, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        AddRemoval(batch, "delete from axvault.broker_usage where day < (clock_timestamp() at time zone 'UTC')::date - $1", kept);
        AddRemoval(batch, "delete from axvault.broker_batch where added_at < clock_timestamp() - make_interval(days => $1)", kept);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("delete from axvault.broker_minute where minute < clock_timestamp() - interval '1 hour'"));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void AddRemoval(NpgsqlBatch batch, string sql, int kept) =>
        batch.BatchCommands.Add(new NpgsqlBatchCommand(sql) { Parameters = { new NpgsqlParameter<int> { TypedValue = kept } } });

    private static void Add<T>(NpgsqlCommand command, List<KeyValuePair<UsageKey, UsageSum>> rows, Func<KeyValuePair<UsageKey, UsageSum>, T> value) =>
        command.Parameters.Add(
            new NpgsqlParameter
            {
                Value = rows.Select(value).ToArray(),
                NpgsqlDbType = NpgsqlDbType.Array | (typeof(T) == typeof(long) ? NpgsqlDbType.Bigint : NpgsqlDbType.Text),
            }
        );
}
