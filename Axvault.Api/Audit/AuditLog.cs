using Axvault.Api.Chain;

namespace Axvault.Api.Audit;

/// <summary>Records events that change nothing in the database, as an entry of the ledger and as a log line.</summary>
internal sealed partial class AuditLog(AuditWriter writer, AuditBlockage blockage, AuditLines lines, ILogger<AuditLog> logger)
{
    /// <summary>
    /// Records <paramref name="entry"/> and returns when it is committed. There is no cancellation: a client that disconnects undoes nothing.
    /// </summary>
    /// <param name="entry">The entry.</param>
    /// <param name="confirmations">The cached rows that must still be stored as they were read.</param>
    /// <exception cref="AuditUnavailableException">The entry cannot be recorded.</exception>
    /// <exception cref="StaleReadException">A cached row has changed. Nothing was recorded.</exception>
    public async Task RecordAsync(AuditEntry entry, Confirmations? confirmations = null)
    {
        try
        {
            await writer.WriteAsync(entry, confirmations);
        }
        catch (Exception exception) when (exception is not StaleReadException)
        {
            lines.Tell(entry);
            throw;
        }

        lines.Tell(entry);
    }

    /// <summary>Records <paramref name="entry"/> if possible, for an event that has happened whether or not it is recorded.</summary>
    public async Task TryRecordAsync(AuditEntry entry)
    {
        try
        {
            await RecordAsync(entry);
        }
        catch (AuditUnavailableException)
        {
            Log.NotRecorded(logger, entry.Action, entry.Target ?? AuditLines.Absent);
        }
    }

    /// <summary>Records <paramref name="entry"/> now, or as soon as the log is writable again.</summary>
    public async Task RecordSoonAsync(AuditEntry entry)
    {
        var waiting = new PendingEntry(entry);
        try
        {
            await writer.WriteAsync(waiting);
        }
        catch (AuditUnavailableException)
        {
            blockage.Owe(waiting);
        }

        lines.Tell(entry);
    }

    /// <summary>Writes only the log line of <paramref name="entry"/>, when the database does not answer.</summary>
    public void Tell(AuditEntry entry) => lines.Tell(entry);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Action} on {Target} was not recorded: the audit log cannot be written")]
        public static partial void NotRecorded(ILogger logger, string action, string target);
    }
}
