using Axvault.ServiceDefaults;

namespace Axvault.Api.Audit;

/// <summary>Where every act on the vault is recorded: today a structured log line, with the client's address and the request's id.</summary>
internal sealed partial class AuditLog(IHttpContextAccessor http, ILogger<AuditLog> logger)
{
    // As in the common log format.
    private const string Absent = "-";

    private const int MaxUserAgentLength = 256;

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
        var userAgent = Printable(context?.Request.Headers.UserAgent.ToString() ?? "");
        // A client may ask for anything by name, a secret in the wrong place for one.
        var target = SecretMask.Apply(record.Target ?? Absent);
        var clientAddress = context?.Connection.RemoteIpAddress?.ToString();
        Log.Audit(
            logger,
            level,
            record.Action,
            record.Outcome,
            record.Caller?.KeyId.Value ?? Absent,
            record.Caller?.KeyName ?? Absent,
            target,
            record.Reason ?? Absent,
            clientAddress ?? Absent,
            userAgent,
            context?.TraceIdentifier ?? Absent);
        return ValueTask.CompletedTask;
    }

    // It is whatever a client says: cut, and without what would move a terminal's cursor.
    private static string Printable(string userAgent)
    {
        var masked = SecretMask.Apply(userAgent.Length > 0 ? userAgent : Absent);
        var length = Math.Min(masked.Length, MaxUserAgentLength);
        return string.Create(char.IsHighSurrogate(masked[length - 1]) ? length - 1 : length, masked, static (span, text) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(text[i]) ? '?' : text[i];
            }
        });
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
