using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Axvault.Api.Configuration;

/// <summary>How to reach the database. It may hold a password, so it is never printed; <see cref="Description"/> is.</summary>
internal sealed class DatabaseAddress
{
    // A request must end in bounded time when the database does not answer.
    private const int DefaultSeconds = 5;

    // A few connections keep a database of any size busy. PostgreSQL has 97 to give by default, to all replicas together.
    private const int DefaultPoolSize = 20;

    // After a failover the new primary is known for a standby until it is looked at again.
    private const int RecheckSeconds = 1;

    // A statement that is cancelled while it waits for a synchronous standby is committed, is reported as a success, and may be lost with the primary: who does
    // not wait any longer for an answer hangs up, and does not take one that comes after that for true.
    private const int HangUp = -1;

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

        if (!connection.ShouldSerialize("Cancellation Timeout"))
        {
            connection.CancellationTimeout = HangUp;
        }

        if (!connection.ShouldSerialize("Maximum Pool Size"))
        {
            connection.MaxPoolSize = Math.Max(DefaultPoolSize, connection.MinPoolSize);
        }

        if (!connection.ShouldSerialize("No Reset On Close"))
        {
            // Nothing here sets anything for longer than a transaction, and undoing that nothing costs as much as a small statement.
            connection.NoResetOnClose = true;
        }

        if (!connection.ShouldSerialize("GSS Encryption Mode"))
        {
            // Asked for, it takes a library that minimal images do not have, and whose absence the runtime tells on standard error. TLS encrypts the connection.
            connection.GssEncryptionMode = GssEncryptionMode.Disable;
        }

        var several = connection.Host!.Contains(',', StringComparison.Ordinal);
        var socket = connection.Host.StartsWith('/');
        Description = IPAddress.TryParse(connection.Host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]:{connection.Port}"
            : several || socket || connection.Host.Contains(':', StringComparison.Ordinal) ? connection.Host
            : $"{connection.Host}:{connection.Port}";

        if (several)
        {
            // Axvault writes: of several servers it wants the one that takes writes, unless told otherwise.
            connection.TargetSessionAttributes ??= "read-write";
            if (!connection.ShouldSerialize("Host Recheck Seconds"))
            {
                connection.HostRecheckSeconds = RecheckSeconds;
            }
        }
        else if (connection.TargetSessionAttributes is not (null or "any"))
        {
            // Npgsql looks at what kind of server it speaks to only where it has several to choose from: a single one is named twice.
            connection.Host = $"{Description},{Description}";
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
