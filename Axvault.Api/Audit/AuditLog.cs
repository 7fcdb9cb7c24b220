namespace Axvault.Api.Audit;

/// <summary>Where every act on the vault is recorded: today a structured log line, with the client's address and the request's id.</summary>
internal sealed partial class AuditLog(IHttpContextAccessor http, ILogger<AuditLog> logger)
{
    // As in the common log format.
    private const string Absent = "-";

    /// <summary>Records that <paramref name="record"/> happened, before the answer is sent. It takes no token: a client that hangs up unmakes nothing.</summary>
    public ValueTask RecordAsync(AuditRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);

        var level = Level(record);
        if (!logger.IsEnabled(level))
        {
            return ValueTask.CompletedTask;
        }

        var context = http.HttpContext;
        var userAgent = context?.Request.Headers.UserAgent.ToString();
        var clientAddress = context?.Connection.RemoteIpAddress?.ToString();
        Log.Audit(
            logger,
            level,
            record.Action,
            record.Outcome,
            record.Caller?.KeyId.Value ?? Absent,
            record.Caller?.KeyName ?? Absent,
            record.Target ?? Absent,
            record.Reason ?? Absent,
            clientAddress ?? Absent,
            string.IsNullOrEmpty(userAgent) ? Absent : userAgent,
            context?.TraceIdentifier ?? Absent);
        return ValueTask.CompletedTask;
    }

    // Reads are what a vault does all day; refusals and changes are what its operator looks for.
    private static LogLevel Level(AuditRecord record) => record switch
    {
        { Outcome: AuditOutcome.Denied or AuditOutcome.Failure } => LogLevel.Warning,
        { Action: AuditAction.CredentialRead or AuditAction.CredentialList or AuditAction.KeyRead or AuditAction.KeyList } => LogLevel.Debug,
        _ => LogLevel.Information,
    };

    private static partial class Log
    {
        [LoggerMessage("Audit {Action} {Outcome} by {KeyId} {KeyName} on {Target} {Reason} from {ClientAddress} {UserAgent} in {RequestId}")]
        public static partial void Audit(
            ILogger logger,
            LogLevel level,
            string action,
            AuditOutcome outcome,
            string keyId,
            string keyName,
            string target,
            string reason,
            string clientAddress,
            string userAgent,
            string requestId);
    }
}
