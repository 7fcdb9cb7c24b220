using Axvault.Tests.Harness.Leaks;
using Npgsql;

namespace Axvault.Tests.Harness.Graph;

/// <summary>A database for one test. Disposal drops it, and ends all connections to it.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly string _server;

    private TestDatabase(string server, string name)
    {
        _server = server;
        Name = name;
        ConnectionString = new NpgsqlConnectionStringBuilder(server) { Database = name, Pooling = false }.ConnectionString;
    }

    /// <summary>The name of the database.</summary>
    public string Name { get; }

    /// <summary>The connection string of the database.</summary>
    public string ConnectionString { get; }

    /// <summary>Creates a database on the server with the connection string <paramref name="server"/>.</summary>
    public static async Task<TestDatabase> CreateAsync(string server)
    {
        var database = new TestDatabase(server, $"test_{Guid.NewGuid():N}");
        await database.OnServerAsync($"create database {database.Name}");
        return database;
    }

    /// <summary>Opens a connection, for the caller to dispose.</summary>
    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await HandOverAuditAsync();
        await OnServerAsync($"drop database if exists {Name} with (force)");
    }

    // Hands every column of the audit log over as text, so new columns are included.
    private async Task HandOverAuditAsync()
    {
        await using var connection = await OpenAsync(CancellationToken.None);
        await using var exists = new NpgsqlCommand("select to_regclass('axvault.audit_entry') is not null", connection);
        if (await exists.ExecuteScalarAsync() is false)
        {
            return;
        }

        await using var rows = new NpgsqlCommand("select t::text from axvault.audit_entry as t", connection);
        await using var reader = await rows.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            LeakWatch.Emissions.Append(EmissionChannel.Audit, LeakWatch.CurrentTest, reader.GetString(0));
        }
    }

    private async Task OnServerAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_server) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
