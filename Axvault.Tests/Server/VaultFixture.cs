using Axvault.Tests.Graph;

namespace Axvault.Tests.Server;

/// <summary>A running server on a database of its own, for the tests of one class: each of them keeps to names and keys of its own.</summary>
public sealed class VaultFixture(VaultGraph graph) : IAsyncLifetime
{
    private TestDatabase? _database;
    private VaultServer? _server;
    private VaultClient? _admin;

    /// <summary>The database.</summary>
    public string ConnectionString => _database!.ConnectionString;

    /// <summary>The server.</summary>
    public VaultServer Server => _server!;

    /// <summary>A client with the first key, which may do everything.</summary>
    public VaultClient Admin => _admin!;

    /// <summary>A client without a key.</summary>
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
