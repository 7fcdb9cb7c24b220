using Axvault.Api.Confirmation;
using Axvault.Api.Credentials;

namespace Axvault.Api.Audit;

/// <summary>Where every act on the vault is recorded: as an entry of the chain, and as a structured log line.</summary>
internal sealed partial class AuditLog(AuditWriter writer, ILogger<AuditLog> logger)
{
    // As in the common log format.
    private const string Absent = "-";

    /// <summary>Records <paramref name="entry"/>; returns when it is committed. It takes no token: a client that hangs up unmakes nothing.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="confirmations">What must still be stored for the entry to be true.</param>
    /// <exception cref="AuditUnavailableException">It cannot be.</exception>
    /// <exception cref="StaleReadException">What must still be stored has changed; nothing was recorded.</exception>
    public async Task RecordAsync(AuditEntry entry, Confirmations? confirmations = null)
    {
        ArgumentNullException.ThrowIfNull(entry);

        try
        {
            await writer.WriteAsync(entry, confirmations);
        }
        catch (Exception exception) when (exception is not StaleReadException)
        {
            Tell(entry);
            throw;
        }

        Tell(entry);
    }

    /// <summary>Puts a credential and records <paramref name="entry"/>, in one transaction; returns when it is committed, or when the put could not be made as it is.</summary>
    /// <param name="entry">The entry, which tells that it was put.</param>
    /// <param name="put">The credential.</param>
    /// <param name="confirmations">What must still be stored for the put to be allowed.</param>
    /// <exception cref="AuditUnavailableException">Nothing can be recorded; it is not known whether it was put.</exception>
    /// <exception cref="StaleReadException">What must still be stored has changed; nothing was put.</exception>
    public async Task<PutOutcome> RecordAsync(AuditEntry entry, CredentialPut put, Confirmations? confirmations)
    {
        ArgumentNullException.ThrowIfNull(entry);

        var outcome = await writer.PutAsync(entry, put, confirmations);
        if (outcome.IsMade)
        {
            Tell(entry);
        }

        return outcome;
    }

    /// <summary>Records what was noted in the transaction of a change, which is committed.</summary>
    /// <exception cref="AuditUnavailableException">It cannot be yet; it will be later.</exception>
    public async Task RecordAsync(AuditNote note)
    {
        ArgumentNullException.ThrowIfNull(note);

        Tell(note.Entry);
        await writer.MoveAsync(note);
    }

    /// <summary>Records <paramref name="entry"/> if it can be, for what has happened whether or not it is recorded.</summary>
    public async Task TryRecordAsync(AuditEntry entry)
    {
        try
        {
            await RecordAsync(entry);
        }
        catch (AuditUnavailableException)
        {
            Log.NotRecorded(logger, entry.Action, entry.Target ?? Absent);
        }
    }

    /// <summary>Records <paramref name="note"/> now if it can be; if not, it is recorded later.</summary>
    public async Task TryRecordAsync(AuditNote note)
    {
        ArgumentNullException.ThrowIfNull(note);

        try
        {
            await RecordAsync(note);
        }
        catch (AuditUnavailableException)
        {
            Log.RecordedLater(logger, note.Entry.Action, note.Entry.Target ?? Absent);
        }
    }

    /// <summary>Writes the log line of <paramref name="entry"/> alone: the database, which would take the entry, does not answer.</summary>
    public void Tell(AuditEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);

        var level = Level(entry);
        if (logger.IsEnabled(level))
        {
            Log.Audit(
                logger,
                level,
                entry.Action,
                entry.Outcome,
                entry.KeyId ?? Absent,
                entry.KeyName ?? Absent,
                entry.Target ?? Absent,
                entry.Reason ?? Absent,
                entry.ClientAddress ?? Absent,
                entry.UserAgent ?? Absent,
                entry.RequestId ?? Absent);
        }
    }

    // Reads are what a vault does all day; refusals and changes are what its operator looks for.
    private static LogLevel Level(AuditEntry entry) => entry switch
    {
        { Outcome: "denied" } or { Outcome: "failure", Action: AuditAction.CredentialRefresh or AuditAction.AuditRollback or AuditAction.AuditForgery } => LogLevel.Warning,
        { Outcome: "failure" } => LogLevel.Debug,
        { Action: AuditAction.CredentialRead or AuditAction.CredentialList or AuditAction.CredentialVersionRead or AuditAction.CredentialVersionList or AuditAction.KeyRead or AuditAction.KeyList or AuditAction.AuditList } => LogLevel.Debug,
        _ => LogLevel.Information,
    };

    private static partial class Log
    {
        [LoggerMessage("Audit {Action} {Outcome} by {KeyId} {KeyName} on {Target} {Reason} from {ClientAddress} {UserAgent} in {RequestId}")]
        public static partial void Audit(
            ILogger logger,
            LogLevel level,
            string action,
            string outcome,
            string keyId,
            string keyName,
            string target,
            string reason,
            string clientAddress,
            string userAgent,
            string requestId);

        [LoggerMessage(LogLevel.Error, "{Action} on {Target} was not recorded in the audit log, which cannot be written")]
        public static partial void NotRecorded(ILogger logger, string action, string target);

        [LoggerMessage(LogLevel.Error, "{Action} on {Target} is recorded in the audit log when that can be written again")]
        public static partial void RecordedLater(ILogger logger, string action, string target);
    }
}
