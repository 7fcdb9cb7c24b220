using Axvault.Api.Chain;

namespace Axvault.Api.Audit;

/// <summary>Writes a structured log line for each audit entry.</summary>
internal sealed partial class AuditLines(ILogger<AuditLog> logger)
{
    /// <summary>The placeholder for a missing value, as in the common log format.</summary>
    public const string Absent = "-";

    /// <summary>Writes the log line of <paramref name="entry"/>.</summary>
    public void Tell(AuditEntry entry)
    {
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
                entry.RequestId ?? Absent
            );
        }
    }

    // Reads and brokered calls are routine, so their lines have a lower level. Operators look for refusals and changes.
    private static LogLevel Level(AuditEntry entry) =>
        entry switch
        {
            { Outcome: "denied" } or { Outcome: "failure", Action: AuditAction.CredentialRefresh or AuditAction.AuditRollback or AuditAction.AuditForgery } =>
                LogLevel.Warning,
            { Outcome: "failure" } => LogLevel.Debug,
            {
                Action: AuditAction.CredentialRead
                    or AuditAction.CredentialList
                    or AuditAction.CredentialVersionRead
                    or AuditAction.CredentialVersionList
                    or AuditAction.KeyRead
                    or AuditAction.KeyList
                    or AuditAction.AuditList
                    or AuditAction.BrokerCall
                    or AuditAction.BrokerEnd
                    or AuditAction.UsageRead
            } => LogLevel.Debug,
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
            string requestId
        );
    }
}
