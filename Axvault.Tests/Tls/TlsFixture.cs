using System.Globalization;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Tls;

/// <summary>A server that speaks HTTPS, for the tests of one class.</summary>
public sealed class TlsFixture(VaultGraph graph) : IAsyncLifetime
{
    private TestDatabase? _database;
    private VaultServer? _server;

    /// <summary>The server.</summary>
    public VaultServer Server => _server!;

    /// <summary>The port of its metrics.</summary>
    public int MetricsPort { get; } = FreePort.Next();

    internal TestAuthority Authority { get; } = new();

    internal TlsFolder Folder { get; } = new();

    /// <summary>Returns a client with the first key.</summary>
    public VaultClient Admin() => Server.Client(Server.BootstrapSecret);

    public async ValueTask InitializeAsync()
    {
        _database = await graph.CreateDatabaseAsync();
        Folder.Turn(Authority.Issue());
        _server = await VaultServer.StartAsync(
            new ServerSettings(_database.ConnectionString)
            {
                Root = Authority.Root,
                Variables = new Dictionary<string, string>(Folder.Variables) { ["AXVAULT_METRICS_PORT"] = MetricsPort.ToString(CultureInfo.InvariantCulture) },
            }
        );
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        Authority.Dispose();
        Folder.Dispose();
    }
}
