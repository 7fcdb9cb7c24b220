using Npgsql;

namespace Axvault.Api.Configuration;

/// <summary>How to reach the database. It may hold a password, so it is never printed; <see cref="Description"/> is.</summary>
internal sealed class DatabaseAddress
{
    // A request must end in bounded time when the database does not answer.
    private const int DefaultSeconds = 5;

    private readonly string _connectionString;

    /// <summary>Takes what <paramref name="connection"/> says, with limits where it says nothing.</summary>
    public DatabaseAddress(NpgsqlConnectionStringBuilder connection)
    {
        ArgumentNullException.ThrowIfNull(connection);

        connection = new NpgsqlConnectionStringBuilder(connection.ConnectionString);
        if (!connection.ShouldSerialize("Timeout"))
        {
            connection.Timeout = DefaultSeconds;
        }

        if (!connection.ShouldSerialize("Command Timeout"))
        {
            connection.CommandTimeout = DefaultSeconds;
        }

        // Axvault writes: of several servers it wants the one that takes writes, unless told otherwise.
        if (connection.Host!.Contains(',', StringComparison.Ordinal) && connection.TargetSessionAttributes is null)
        {
            connection.TargetSessionAttributes = "read-write";
        }

        Description = connection.Host.Contains(',', StringComparison.Ordinal) || connection.Host.StartsWith('/')
            ? connection.Host
            : $"{connection.Host}:{connection.Port}";

        // Npgsql looks at what kind of server it speaks to only where it has several to choose from: a single one is named twice.
        if (!connection.Host.Contains(',', StringComparison.Ordinal) && connection.TargetSessionAttributes is not (null or "any"))
        {
            var server = connection.Host.Contains(':', StringComparison.Ordinal) ? $"[{connection.Host}]:{connection.Port}" : $"{connection.Host}:{connection.Port}";
            connection.Host = $"{server},{server}";
        }

        _connectionString = connection.ConnectionString;
    }

    /// <summary>The host and port, or the hosts, or the socket's folder: for log lines and errors.</summary>
    public string Description { get; }

    /// <summary>The Npgsql connection string, password included.</summary>
    public string Reveal() => _connectionString;

    /// <inheritdoc />
    public override string ToString() => Description;
}
