using Axvault.Api.Encryption;
using Axvault.Api.WebConsole.Sessions;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.WebConsole;

/// <summary>Two servers on one database. The second one trusts its proxy, so a test can choose the browser's address with <c>X-Forwarded-For</c>.</summary>
public sealed class ConsoleFleet(VaultGraph graph) : IAsyncLifetime
{
    private readonly List<VaultServer> _servers = [];
    private TestDatabase? _database;
    private VaultClient? _admin;

    /// <summary>The connection string of the database.</summary>
    public string ConnectionString => _database!.ConnectionString;

    /// <summary>The first server.</summary>
    public VaultServer Server => _servers[0];

    /// <summary>The server behind a proxy.</summary>
    public VaultServer Proxied => _servers[1];

    /// <summary>A client of the first server with the first key.</summary>
    public VaultClient Admin => _admin!;

    /// <summary>Returns the seal of the sessions of this vault, or of one with another encryption key.</summary>
    internal async Task<SessionSeal> SealAsync(string key = ServerSettings.DefaultKey) =>
        new(new TextSeal(await VaultInsider.OpenAsync(ConnectionString, key)));

    /// <summary>Signs in at the server behind a proxy, from <paramref name="address"/>.</summary>
    public Task<PlainBrowser> SignInFromAsync(string address, string? secret) => PlainBrowser.SignInAsync(Proxied, secret, ("X-Forwarded-For", address));

    public async ValueTask InitializeAsync()
    {
        _database = await graph.CreateDatabaseAsync();
        foreach (var proxies in (string[])["", "127.0.0.1"])
        {
            _servers.Add(
                await VaultServer.StartAsync(
                    new ServerSettings(ConnectionString)
                    {
                        IsShared = true,
                        Variables = new Dictionary<string, string> { ["AXVAULT_TRUSTED_PROXIES"] = proxies },
                    }
                )
            );
        }

        _admin = Server.Client(Server.BootstrapSecret);
    }

    public async ValueTask DisposeAsync()
    {
        _admin?.Dispose();
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        await (_database?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}
