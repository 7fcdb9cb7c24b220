using System.Globalization;
using System.Runtime.CompilerServices;
using Axvault.Api.Chain;
using Axvault.Api.Encryption;
using Npgsql;

namespace Axvault.Api.Audit.Reading;

/// <summary>Reads the entries of the audit log in PostgreSQL.</summary>
internal sealed class AuditReadStore(NpgsqlDataSource database)
{
    /// <summary>The columns of an entry.</summary>
    public const string Columns =
        "lane, sequence, checkpoint, at, action, outcome, key_id, key_name, target, client_address, user_agent, request_id, trace_id, "
        + "reason, server, kek_id, mac";

    // {0} is the parameter.
    private const string OfKey = "(key_id = {0} or (target = {0} and (action = 'bootstrap' or action like 'key.%')))";
    private const string OfCredential = "(target = {0} and (action like 'credential.%' or action like 'broker.%'))";

    /// <summary>Returns the entries of <paramref name="query"/>, newest first, in constant memory.</summary>
    public IAsyncEnumerable<ChainedEntry> ReadAsync(AuditQuery query, CancellationToken cancellationToken)
    {
        var command = database.CreateCommand();
        var conditions = new Conditions(command);
        conditions.Add(query.Since, "at >= {0}");
        conditions.Add(query.Until, "at < {0}");
        conditions.Add(query.Action, "action = {0}");
        conditions.Add(query.Outcome, "outcome = {0}");
        conditions.Add(query.Key, OfKey);
        conditions.Add(query.Credential, OfCredential);
        if (query.After is { } after)
        {
            // The first condition lets PostgreSQL skip whole months; the comparison of the row does not.
            conditions.Add((DateTimeOffset?)after.At, "at <= {0}");
            var at = command.Parameters.Count;
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after.Lane });
            conditions.Add((long?)after.Sequence, $"(at, lane, sequence) < (${at}, ${at + 1}, {{0}})");
        }

        command.CommandText = $"select {Columns} from axvault.audit_entry where {conditions} order by at desc, lane desc, sequence desc";
        if (query.Limit is { } limit)
        {
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
            command.CommandText += $" limit ${command.Parameters.Count}";
        }

        return StreamAsync(command, cancellationToken);
    }

    /// <summary>Counts the entries of <paramref name="query"/> by part of time. A part without any is left out.</summary>
    public async Task<List<AuditCount>> CountAsync(AuditCountQuery query, CancellationToken cancellationToken)
    {
        // The range of times is that of the primary key, and skips whole months. No time limit: a client that leaves ends the statement.
        await using var command = database.CreateCommand();
        command.CommandTimeout = 0;
        var conditions = new Conditions(command);
        conditions.Add((DateTimeOffset?)query.Since, "at >= {0}");
        conditions.Add((DateTimeOffset?)query.Until, "at < {0}");
        conditions.Add(query.Key, OfKey);
        conditions.Add(query.Credential, OfCredential);
        command.CommandText = $"""
            select date_trunc('{query.Part.Name}', at, 'UTC'), count(*) filter (where outcome = 'success'), count(*) filter (where outcome = 'denied'),
              count(*) filter (where outcome = 'failure'),
              count(*) filter (where outcome = 'success' and action in ('{AuditAction.CredentialRead}', '{AuditAction.CredentialVersionRead}',
                '{AuditAction.BrokerCall}'))
            from axvault.audit_entry
            where {conditions}
            group by 1
            order by 1
            """;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<AuditCount> counts = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            counts.Add(
                new AuditCount(
                    reader.GetFieldValue<DateTimeOffset>(0),
                    reader.GetInt64(1),
                    reader.GetInt64(2),
                    reader.GetInt64(3),
                    reader.GetInt64(4)
                )
            );
        }

        return counts;
    }

    private static async IAsyncEnumerable<ChainedEntry> StreamAsync(NpgsqlCommand command, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // No time limit: the reader sets the pace, and ends the statement by disconnecting.
        command.CommandTimeout = 0;
        await using (command)
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                yield return Read(reader);
            }
        }
    }

    /// <summary>Reads <see cref="Columns"/>, the first columns of <paramref name="reader"/>.</summary>
    public static ChainedEntry Read(NpgsqlDataReader reader) =>
        new(
            reader.GetInt64(0),
            reader.GetInt64(1),
            reader.GetInt64(2),
            reader.GetFieldValue<DateTimeOffset>(3),
            new AuditEntry(reader.GetString(4), reader.GetString(5))
            {
                KeyId = Text(reader, 6),
                KeyName = Text(reader, 7),
                Target = Text(reader, 8),
                ClientAddress = Text(reader, 9),
                UserAgent = Text(reader, 10),
                RequestId = Text(reader, 11),
                TraceId = Text(reader, 12),
                Reason = Text(reader, 13),
                Server = reader.GetString(14),
            },
            KekId.Read(reader.GetFieldValue<byte[]>(15)),
            reader.GetFieldValue<byte[]>(16)
        );

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    // The conditions of a statement. Each has one parameter.
    private sealed class Conditions(NpgsqlCommand command)
    {
        private readonly List<string> _conditions = ["true"];

        public void Add<T>(T? value, string condition)
        {
            if (value is not null)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value });
                _conditions.Add(string.Format(CultureInfo.InvariantCulture, condition, $"${command.Parameters.Count}"));
            }
        }

        public override string ToString() => string.Join(" and ", _conditions);
    }
}
