using System.Runtime.CompilerServices;
using Axvault.Api.Audit.Chain;
using Axvault.Api.Encryption;
using Npgsql;

namespace Axvault.Api.Audit.Reading;

/// <summary>Reads the entries of the audit log in PostgreSQL.</summary>
internal sealed class AuditReadStore(NpgsqlDataSource database)
{
    private const string Columns = "seq, at, action, outcome, key_id, key_name, target, client_address, user_agent, request_id, trace_id, reason, server, chain_key, mac";

    /// <summary>The head as it is stored; <see langword="null"/> when there is none.</summary>
    public async Task<ChainHead?> FindHeadAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select seq, at, mac from axvault.audit_head");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? AuditHeadStore.ReadHead(reader, 0) : null;
    }

    /// <summary>Where the chain begins: the newest cut; <see langword="null"/> when nothing was ever dropped.</summary>
    public async Task<(ChainHead Last, KekId ChainKey, byte[] Seal)?> ReadCutAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select seq, at, mac, chain_key, seal from axvault.audit_cut order by seq desc limit 1");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? (AuditHeadStore.ReadHead(reader, 0), KekId.Read(reader.GetFieldValue<byte[]>(3)), reader.GetFieldValue<byte[]>(4))
            : null;
    }

    /// <summary>Every entry from the oldest on, in the order of their times. In constant memory.</summary>
    public IAsyncEnumerable<ChainedEntry> ReadAllAsync(CancellationToken cancellationToken) =>
        StreamAsync(database.CreateCommand($"select {Columns} from axvault.audit_entry order by at, seq"), cancellationToken);

    /// <summary>The entries that <paramref name="query"/> asks for, newest first. In constant memory.</summary>
    public IAsyncEnumerable<ChainedEntry> ReadAsync(AuditQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);

        var command = database.CreateCommand();
        List<string> conditions = ["true"];
        When(query.Since, "at >= {0}");
        When(query.Until, "at < {0}");
        When(query.Action, "action = {0}");
        When(query.Outcome, "outcome = {0}");
        When(query.Key, "(key_id = {0} or (target = {0} and (action = 'bootstrap' or action like 'key.%')))");
        When(query.Credential, "(target = {0} and action like 'credential.%')");
        if (query.After is { } after)
        {
            // The first half lets whole months be left out, which the comparison of the pair does not.
            When((DateTimeOffset?)after.At, "at <= {0}");
            var at = command.Parameters.Count;
            When((long?)after.Sequence, $"(at, seq) < (${at}, {{0}})");
        }

        command.CommandText = $"select {Columns} from axvault.audit_entry where {string.Join(" and ", conditions)} order by at desc, seq desc";
        if (query.Limit is { } limit)
        {
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
            command.CommandText += $" limit ${command.Parameters.Count}";
        }

        return StreamAsync(command, cancellationToken);

        void When<T>(T? value, string condition)
        {
            if (value is not null)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value });
                conditions.Add(string.Format(System.Globalization.CultureInfo.InvariantCulture, condition, $"${command.Parameters.Count}"));
            }
        }
    }

    /// <summary>Whether there is an entry with <paramref name="sequence"/>, wherever its time puts it. It looks at every entry.</summary>
    public async Task<bool> ExistsAsync(long sequence, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select exists (select from axvault.audit_entry where seq = $1)");
        command.CommandTimeout = 0;
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = sequence });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async IAsyncEnumerable<ChainedEntry> StreamAsync(NpgsqlCommand command, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // As long as it takes: the reader sets the pace, and ends it when it hangs up.
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

    private static ChainedEntry Read(NpgsqlDataReader reader) => new(
        reader.GetInt64(0),
        reader.GetFieldValue<DateTimeOffset>(1),
        new AuditEntry(reader.GetString(2), reader.GetString(3))
        {
            KeyId = Text(reader, 4),
            KeyName = Text(reader, 5),
            Target = Text(reader, 6),
            ClientAddress = Text(reader, 7),
            UserAgent = Text(reader, 8),
            RequestId = Text(reader, 9),
            TraceId = Text(reader, 10),
            Reason = Text(reader, 11),
            Server = reader.GetString(12),
        },
        KekId.Read(reader.GetFieldValue<byte[]>(13)),
        reader.GetFieldValue<byte[]>(14));

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
