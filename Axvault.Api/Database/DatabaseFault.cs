using System.Net.Sockets;
using Npgsql;

namespace Axvault.Api.Database;

/// <summary>Tells a database that cannot serve at the moment from a wrong statement.</summary>
internal static class DatabaseFault
{
    /// <summary>
    /// Returns <see langword="true"/> when the database is away, overloaded, read-only or refuses the server (503, worth a retry); otherwise
    /// <see langword="false"/>.
    /// </summary>
    public static bool IsUnavailable(Exception exception) =>
        exception switch
        {
            // These classes of SQLSTATE blame the statement or its values (PostgreSQL documentation, appendix A): a bug here, not a state of the database.
            PostgresException postgres => !(
                postgres.SqlState.StartsWith("22", StringComparison.Ordinal)
                || postgres.SqlState.StartsWith("23", StringComparison.Ordinal)
                || postgres.SqlState.StartsWith("42", StringComparison.Ordinal)
            ),
            NpgsqlException => true,
            TimeoutException => true,
            _ => false,
        };

    /// <summary>
    /// Returns <see langword="true"/> when the connection was lost, so that a statement which changes nothing can be sent again on another one; otherwise
    /// <see langword="false"/>. A pooler that ends an idle connection says so by a protocol violation (08P01) or by closing it.
    /// </summary>
    public static bool IsLostConnection(Exception exception) =>
        exception switch
        {
            PostgresException { SqlState: PostgresErrorCodes.ProtocolViolation or PostgresErrorCodes.AdminShutdown } => true,
            PostgresException => false,
            NpgsqlException { InnerException: IOException or SocketException } => true,
            _ => false,
        };

    /// <summary>
    /// Returns <see langword="true"/> when another transaction was in the way, so that the same one succeeds when it is made again; otherwise
    /// <see langword="false"/>. A serialization failure comes when the isolation was set to more than this server asks for.
    /// </summary>
    public static bool IsConflict(Exception exception) =>
        exception is PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected };
}
