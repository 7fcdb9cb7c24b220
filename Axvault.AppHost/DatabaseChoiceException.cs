namespace Axvault.AppHost;

/// <summary>The database cannot be chosen. The message says what to do.</summary>
internal sealed class DatabaseChoiceException(string message) : Exception(message);
