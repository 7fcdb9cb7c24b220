using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Database;
using Axvault.Api.Stored;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Audit;

/// <summary>The statement that appends entries to a lane, and confirms the cached rows that decided their requests.</summary>
internal sealed class EntryAppend(StatementPreparation preparation, DatabaseClock clock, AuditTelemetry telemetry, TimeProvider time)
{
    // In seconds. A caller gives up after five.
    private const int Timeout = 4;

    /// <summary>The estimated time of the database, for the next entries.</summary>
    public DateTimeOffset Now => clock.Now;

    /// <summary>Returns <see langword="true"/> when the lane of an append has another head, or is closed; otherwise <see langword="false"/>.</summary>
    public static bool IsLaneLost(Exception exception) =>
        exception is PostgresException { SqlState: PostgresErrorCodes.ObjectNotInPrerequisiteState };

    /// <summary>Returns <see langword="true"/> when a cached row that decided a change has changed; otherwise <see langword="false"/>.</summary>
    public static bool IsStale(PostgresException exception) => exception.SqlState == "AXV01";

    /// <summary>Appends the entries of reads, and confirms the cached rows that decided them. When a row is stale, nothing is written.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="head">The head of the lane.</param>
    /// <param name="entries">The entries, linked to <paramref name="head"/>; at least one.</param>
    /// <param name="confirmations">The cached rows that decided the requests of the entries.</param>
    /// <exception cref="NpgsqlException">The database does not answer, or refuses it.</exception>
    public async Task<AppendResult> RunAsync(
        NpgsqlConnection connection,
        LaneHead head,
        IReadOnlyList<ChainedEntry> entries,
        IEnumerable<Confirmations> confirmations
    )
    {
        await using var batch = new NpgsqlBatch(connection) { Timeout = Timeout };
        batch.BatchCommands.Add(Make(head, entries, inChange: false, confirmations));
        return await RunAsync(batch, entries, []);
    }

    /// <summary>Appends the entries of a change.</summary>
    /// <param name="connection">The connection, in the transaction of the change.</param>
    /// <param name="head">The head of the lane.</param>
    /// <param name="entries">The entries, linked to <paramref name="head"/>; at least one.</param>
    /// <param name="steps">The last statements of the change, in the same round trip.</param>
    /// <param name="commits"><see langword="true"/> to commit the transaction in the same round trip; otherwise <see langword="false"/>.</param>
    /// <exception cref="StepRefusedException">The database refuses a step.</exception>
    /// <exception cref="NpgsqlException">The database does not answer, or refuses it.</exception>
    public async Task RunAsync(
        NpgsqlConnection connection,
        LaneHead head,
        IReadOnlyList<ChainedEntry> entries,
        IReadOnlyList<ChangeStep> steps,
        bool commits
    )
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var step in steps)
        {
            batch.BatchCommands.Add(step.Make());
        }

        batch.BatchCommands.Add(Make(head, entries, inChange: true, steps.Select(static step => step.Confirmations).OfType<Confirmations>()));
        if (commits)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("commit"));
        }

        await RunAsync(batch, entries, steps);
    }

    /// <summary>Makes the statement.</summary>
    public static NpgsqlBatchCommand Make(
        LaneHead head,
        IReadOnlyList<ChainedEntry> entries,
        bool inChange,
        IEnumerable<Confirmations> confirmations
    )
    {
        var command = new NpgsqlBatchCommand(LaneStore.Append);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = head.Lane });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = head.Sequence });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = head.Mac });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = entries[0].Checkpoint });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = entries[0].At });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = entries[0].Kek.ToArray() });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = inChange });
        AddMarks(command, confirmations);
        AddText(command, entries, static entry => entry.Entry.Action);
        AddText(command, entries, static entry => entry.Entry.Outcome);
        AddText(command, entries, static entry => entry.Entry.KeyId);
        AddText(command, entries, static entry => entry.Entry.KeyName);
        AddText(command, entries, static entry => entry.Entry.Target);
        AddText(command, entries, static entry => entry.Entry.ClientAddress);
        AddText(command, entries, static entry => entry.Entry.UserAgent);
        AddText(command, entries, static entry => entry.Entry.RequestId);
        AddText(command, entries, static entry => entry.Entry.TraceId);
        AddText(command, entries, static entry => entry.Entry.Reason);
        AddText(command, entries, static entry => entry.Entry.Server);
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = ToArray(entries, static entry => entry.Mac) });
        return command;
    }

    private async Task<AppendResult> RunAsync(NpgsqlBatch batch, IReadOnlyList<ChainedEntry> entries, IReadOnlyList<ChangeStep> steps)
    {
        var start = time.GetTimestamp();
        try
        {
            await preparation.PrepareAsync(batch, CancellationToken.None);
            await using var reader = await ReadStepsAsync(batch, steps);
            await reader.ReadAsync(CancellationToken.None);
            clock.Set(reader.GetFieldValue<DateTimeOffset>(0));
            var result = new AppendResult(
                reader.IsDBNull(1) ? [] : reader.GetFieldValue<string[]>(1),
                reader.IsDBNull(2) ? [] : reader.GetFieldValue<string[]>(2)
            );

            // Read to the end: a failed commit is an exception of the last result.
            while (await reader.NextResultAsync(CancellationToken.None)) { }

            if (result.IsMade)
            {
                telemetry.Committed(entries, time.GetElapsedTime(start));
            }

            return result;
        }
        catch (PostgresException exception) when (preparation.IsLost(exception))
        {
            // It is noted. The caller finds out what became of the append.
            throw;
        }
    }

    // Returns the reader at the result after those of the steps. The driver throws the error of a statement where its result is due.
    private async Task<NpgsqlDataReader> ReadStepsAsync(NpgsqlBatch batch, IReadOnlyList<ChangeStep> steps)
    {
        var place = 0;
        NpgsqlDataReader? reader = null;
        try
        {
            reader = await batch.ExecuteReaderAsync(CancellationToken.None);
            while (place < steps.Count)
            {
                await steps[place++].ReadAsync(reader);
                await reader.NextResultAsync(CancellationToken.None);
            }

            return reader;
        }
        catch (Exception exception)
        {
            if (reader is not null)
            {
                await reader.DisposeAsync();
            }

            if (place < steps.Count && exception is PostgresException { InvariantSeverity: "ERROR" } refusal && !preparation.IsLost(refusal))
            {
                throw new StepRefusedException(place, refusal);
            }

            throw;
        }
    }

    // $8 to $14. Each row once: the requests of a group often share rows.
    private static void AddMarks(NpgsqlBatchCommand command, IEnumerable<Confirmations> confirmations)
    {
        HashSet<KeyMark> keys = [];
        HashSet<CredentialMark> credentials = [];
        foreach (var confirmation in confirmations)
        {
            if (confirmation.Key is { } key)
            {
                keys.Add(key);
            }

            if (confirmation.Credential is { } credential)
            {
                credentials.Add(credential);
            }
        }

        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. keys.Select(static mark => mark.Id.Value)] });
        command.Parameters.Add(Xmins(keys.Select(static mark => mark.WrittenBy)));
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. credentials.Select(static mark => mark.Name)] });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. credentials.Select(static mark => mark.VersionId)] });
        command.Parameters.Add(Xmins(credentials.Select(static mark => mark.PointerWrittenBy)));
        command.Parameters.Add(Xmins(credentials.Select(static mark => mark.VersionWrittenBy)));
        command.Parameters.Add(Xmins(credentials.Select(static mark => mark.RefreshWrittenBy)));
    }

    private static NpgsqlParameter<uint[]> Xmins(IEnumerable<uint> transactions) =>
        new() { TypedValue = [.. transactions], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Xid };

    private static void AddText(NpgsqlBatchCommand command, IReadOnlyList<ChainedEntry> entries, Func<ChainedEntry, string?> column) =>
        command.Parameters.Add(
            new NpgsqlParameter<string?[]> { TypedValue = ToArray(entries, column), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text }
        );

    private static T[] ToArray<T>(IReadOnlyList<ChainedEntry> entries, Func<ChainedEntry, T> column)
    {
        var values = new T[entries.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = column(entries[i]);
        }

        return values;
    }
}

/// <summary>The answer to an append. When a row is stale, nothing was written.</summary>
/// <param name="StaleKeys">The ids of keys that have changed since they were read.</param>
/// <param name="StaleCredentials">The names of credentials that have changed since they were read.</param>
internal sealed record AppendResult(IReadOnlyCollection<string> StaleKeys, IReadOnlyCollection<string> StaleCredentials)
{
    /// <summary><see langword="true"/> when the entries were written; otherwise <see langword="false"/>.</summary>
    public bool IsMade => StaleKeys.Count == 0 && StaleCredentials.Count == 0;
}
