namespace Axvault.Api.Audit;

/// <summary>An act could not be recorded: nothing is handed out then.</summary>
internal sealed class AuditUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
