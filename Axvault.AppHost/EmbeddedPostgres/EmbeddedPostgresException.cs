namespace Axvault.AppHost.EmbeddedPostgres;

/// <summary>The embedded PostgreSQL cannot be installed or started. The message says what to do.</summary>
internal sealed class EmbeddedPostgresException(string message, Exception? inner = null) : Exception(message, inner);
