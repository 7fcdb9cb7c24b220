namespace Axvault.Api.Database;

/// <summary>An address of a database that cannot be used. The message repeats no value, because any piece may belong to a password.</summary>
internal sealed class DatabaseUrlException(string message) : Exception(message);
