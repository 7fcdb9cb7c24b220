namespace Axvault.Api.Startup;

/// <summary>The server cannot start. The message is one line that says what to do.</summary>
internal sealed class ServerStartupException(string message, Exception? inner = null) : Exception(message, inner);
