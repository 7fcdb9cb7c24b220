using Axvault.Tests.Harness.Graph;

namespace Axvault.Tests.Harness.Servers;

/// <summary>A running server on a database of its own, shared by the tests of one class. Each test uses its own names and keys.</summary>
public sealed class VaultFixture(VaultGraph graph) : IAsyncLifetime
{
    private TestDatabase? _database;
    private VaultServer? _server;
    private VaultClient? _admin;

    /// <summary>The connection string of the database.</summary>
    public string ConnectionString => _database!.ConnectionString;

    /// <summary>The server.</summary>
    public VaultServer Server => _server!;

    /// <summary>A client with the first key, which may do everything.</summary>
    public VaultClient Admin => _admin!;

    /// <summary>Returns a client without a key.</summary>
    public VaultClient Anonymous() => Server.Client();

    public async ValueTask InitializeAsync()
    {
        _database = await graph.CreateDatabaseAsync();
        _server = await VaultServer.StartAsync(new ServerSettings(_database.ConnectionString) { IsShared = true });
        _admin = _server.Client(_server.BootstrapSecret);
    }

    public async ValueTask DisposeAsync()
    {
        _admin?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }
}
