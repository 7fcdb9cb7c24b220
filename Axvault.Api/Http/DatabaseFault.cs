using Npgsql;

namespace Axvault.Api.Http;

/// <summary>Tells a database that cannot serve at the moment from a statement that is wrong.</summary>
internal static class DatabaseFault
{
    /// <summary>Whether <paramref name="exception"/> says that the database is away, overloaded, read-only or refuses the server: 503, worth trying again.</summary>
    public static bool IsUnavailable(Exception exception) => exception switch
    {
        // Classes of SQLSTATE that speak of the statement or its values (PostgreSQL documentation, appendix A): our mistake, not the database's state.
        PostgresException postgres => !(postgres.SqlState.StartsWith("22", StringComparison.Ordinal)
            || postgres.SqlState.StartsWith("23", StringComparison.Ordinal)
            || postgres.SqlState.StartsWith("42", StringComparison.Ordinal)),
        NpgsqlException => true,
        TimeoutException => true,
        _ => false,
    };
}
