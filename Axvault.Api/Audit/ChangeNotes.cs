using Axvault.Api.Chain;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>Commits a change whose entries cannot be appended, with notes of them.</summary>
internal sealed partial class ChangeNotes(ChainKeyRing chainKeys, AuditLines lines, ILogger<ChangeNotes> logger)
{
    private const string BeforeNotes = "before_notes";

    /// <summary>Writes the log lines of <paramref name="entries"/>.</summary>
    public void Tell(IReadOnlyList<AuditEntry> entries)
    {
        foreach (var entry in entries)
        {
            lines.Tell(entry);
        }
    }

    /// <summary>Commits <paramref name="transaction"/>. When the database refuses the notes too, the log lines are the only record.</summary>
    public async Task CommitAsync(NpgsqlTransaction transaction, IReadOnlyList<AuditEntry> entries)
    {
        var areNoted = await TryWriteAsync(transaction, entries);
        await transaction.CommitAsync(CancellationToken.None);
        Tell(entries);
        foreach (var entry in entries)
        {
            if (areNoted)
            {
                Log.RecordedLater(logger, entry.Action, entry.Target ?? AuditLines.Absent);
            }
            else
            {
                Log.NotRecorded(logger, entry.Action, entry.Target ?? AuditLines.Absent);
            }
        }
    }

    // A FATAL error ends the session and rolls the change back.
    private async Task<bool> TryWriteAsync(NpgsqlTransaction transaction, IReadOnlyList<AuditEntry> entries)
    {
        await transaction.SaveAsync(BeforeNotes, CancellationToken.None);
        try
        {
            foreach (var entry in entries)
            {
                var note = chainKeys.Note(entry);
                await AuditNoteStore.WriteAsync(transaction, note, CancellationToken.None);
                // The written note holds off a retirement, so this is asked after it. A note with a retired key would count as forged.
                if (await chainKeys.IsRetiredAsync(transaction, note.Kek, CancellationToken.None))
                {
                    await transaction.RollbackAsync(BeforeNotes, CancellationToken.None);
                    return false;
                }
            }

            return true;
        }
        catch (PostgresException exception) when (exception.InvariantSeverity == "ERROR")
        {
            await transaction.RollbackAsync(BeforeNotes, CancellationToken.None);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Action} on {Target} was not recorded: the audit log cannot be written")]
        public static partial void NotRecorded(ILogger logger, string action, string target);

        [LoggerMessage(LogLevel.Error, "{Action} on {Target} will be recorded when the audit log can be written again")]
        public static partial void RecordedLater(ILogger logger, string action, string target);
    }
}
