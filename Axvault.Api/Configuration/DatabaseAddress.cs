using System.Net;
using System.Net.Sockets;
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

        // Axvault writes: of several servers it wants the one that takes writes, unless told otherwise. Of a single one there is no choice, and
        // the driver refuses to be told: a standby is found out by its first refusal to be written to.
        var several = connection.Host!.Contains(',', StringComparison.Ordinal);
        connection.TargetSessionAttributes = several ? connection.TargetSessionAttributes ?? "read-write" : null;

        _connectionString = connection.ConnectionString;
        Description = IPAddress.TryParse(connection.Host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]:{connection.Port}"
            : several || connection.Host.StartsWith('/') || connection.Host.Contains(':', StringComparison.Ordinal) ? connection.Host
            : $"{connection.Host}:{connection.Port}";
    }

    /// <summary>The host and port, or the hosts, or the socket's folder: for log lines and errors.</summary>
    public string Description { get; }

    /// <summary>The Npgsql connection string, password included.</summary>
    public string Reveal() => _connectionString;

    /// <inheritdoc />
    public override string ToString() => Description;
}
