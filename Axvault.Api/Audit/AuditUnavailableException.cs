namespace Axvault.Api.Audit;

/// <summary>An action could not be recorded, so nothing may be handed out.</summary>
internal sealed class AuditUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
