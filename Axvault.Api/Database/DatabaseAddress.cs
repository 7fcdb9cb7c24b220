using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Axvault.Api.Database;

/// <summary>The address of the database. It may hold a password, so it is never printed; <see cref="Description"/> is.</summary>
internal sealed class DatabaseAddress
{
    // A request must end in bounded time when the database does not answer.
    private const int DefaultSeconds = 5;

    // A few connections keep a database of any size busy. PostgreSQL has 97 by default, for all replicas together.
    private const int DefaultPoolSize = 20;

    // After a failover the new primary counts as a standby until the driver checks it again.
    private const int RecheckSeconds = 1;

    // A statement that is cancelled while it waits for a synchronous standby is committed and reported as a success, and may be lost with the primary. So a
    // timed-out statement is not cancelled: the connection is closed, and a late answer is never taken for true.
    private const int HangUp = -1;

    // In seconds. A pooler or balancer in between may drop idle connections without a word, most of them after a minute or later. So a connection that was idle
    // for longer is closed, not used again, and the system probes those in use.
    private const int IdleLifetime = 15;
    private const int PruningInterval = 5;
    private const int KeepAliveTime = 10;
    private const int KeepAliveInterval = 3;

    private static readonly string[] KeepAliveSettings = ["TCP Keepalive", "TCP Keepalive Time", "TCP Keepalive Interval"];

    private readonly string _connectionString;

    /// <summary>Takes the settings of <paramref name="connection"/>, with limits where it has none.</summary>
    public DatabaseAddress(NpgsqlConnectionStringBuilder connection)
    {
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
            // Nothing is set for longer than a transaction, and a reset costs as much as a small statement.
            connection.NoResetOnClose = true;
        }

        KeepAlive(connection);
        RequireScram(connection);
        if (!connection.ShouldSerialize("GSS Encryption Mode"))
        {
            // Kerberos encryption needs a library that minimal images lack, and the runtime reports its absence on standard error. TLS encrypts the connection.
            connection.GssEncryptionMode = GssEncryptionMode.Disable;
        }

        var several = connection.Host!.Contains(',', StringComparison.Ordinal);
        Description =
            IPAddress.TryParse(connection.Host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]:{connection.Port}"
            : several || connection.Host.StartsWith('/') || connection.Host.Contains(':', StringComparison.Ordinal) ? connection.Host
            : $"{connection.Host}:{connection.Port}";

        if (several)
        {
            // Axvault writes: of several servers it wants the primary, unless told otherwise.
            connection.TargetSessionAttributes ??= "read-write";
            if (!connection.ShouldSerialize("Host Recheck Seconds"))
            {
                connection.HostRecheckSeconds = RecheckSeconds;
            }
        }
        else if (connection.TargetSessionAttributes is not (null or "any"))
        {
            // Npgsql checks the kind of a server only when it has several to choose from, so a single one is named twice.
            connection.Host = $"{Description},{Description}";
        }

        _connectionString = connection.ConnectionString;
    }

    /// <summary>The host and port, or the hosts, or the socket's folder, for log lines and errors.</summary>
    public string Description { get; }

    /// <summary>The Npgsql connection string, password included.</summary>
    public string Reveal() => _connectionString;

    /// <inheritdoc />
    public override string ToString() => Description;

    // Only SCRAM binds to the channel. The driver checks the binding once SCRAM is used, and would take any other method without it.
    private static void RequireScram(NpgsqlConnectionStringBuilder connection)
    {
        if (connection.ChannelBinding == ChannelBinding.Require && !connection.ShouldSerialize("Require Auth"))
        {
            connection.RequireAuth = "ScramSHA256";
        }
    }

    private static void KeepAlive(NpgsqlConnectionStringBuilder connection)
    {
        if (!connection.ShouldSerialize("Connection Idle Lifetime") && !connection.ShouldSerialize("Connection Pruning Interval"))
        {
            (connection.ConnectionIdleLifetime, connection.ConnectionPruningInterval) = (IdleLifetime, PruningInterval);
        }

        if (!KeepAliveSettings.Any(connection.ShouldSerialize))
        {
            (connection.TcpKeepAlive, connection.TcpKeepAliveTime, connection.TcpKeepAliveInterval) = (true, KeepAliveTime, KeepAliveInterval);
        }
    }
}
