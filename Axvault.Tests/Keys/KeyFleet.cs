using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Keys;

/// <summary>Two servers on one database. The second one trusts its proxy, so a test can choose the client address with <c>X-Forwarded-For</c>.</summary>
public sealed class KeyFleet(VaultGraph graph) : IAsyncLifetime
{
    /// <summary>A credential that every test reads, so that the servers have it in their read caches.</summary>
    public const string Path = "credentials/remembered";

    private TestDatabase? _database;
    private VaultServer? _plain;
    private VaultServer? _proxied;
    private VaultClient? _admin;
    private VaultClient? _proxiedAdmin;

    /// <summary>The client of the bootstrap key at the server without a proxy.</summary>
    public VaultClient Admin => _admin!;

    /// <summary>The client of the bootstrap key at the server behind a proxy.</summary>
    public VaultClient ProxiedAdmin => _proxiedAdmin!;

    /// <summary>The connection string of the database.</summary>
    public string ConnectionString => _database!.ConnectionString;

    /// <summary>The server without a proxy and the server behind a proxy.</summary>
    internal IEnumerable<VaultServer> Servers => [_plain!, _proxied!];

    /// <summary>Creates a key with the request body <paramref name="body"/>.</summary>
    public async Task<CreatedKey> CreateAsync(object body)
    {
        var answer = (await Admin.PostAsync("keys", body)).Is(HttpStatusCode.Created).Json;
        return new CreatedKey(answer.GetProperty("id").GetString()!, answer.GetProperty("secret").GetString()!);
    }

    /// <summary>Reads the credential with <paramref name="secret"/> at each server and returns the two statuses.</summary>
    public async Task<HttpStatusCode[]> ReadAsync(string secret)
    {
        using var plain = Admin.With(secret);
        using var proxied = ProxiedAdmin.With(secret);
        return [(await plain.GetAsync(Path)).Status, (await proxied.GetAsync(Path)).Status];
    }

    /// <summary>Reads the credential until each server has the key in its read cache.</summary>
    public async Task RememberAsync(string secret)
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], await ReadAsync(secret));
        }
    }

    /// <summary>Returns the newest audit entry with <paramref name="action"/> that concerns <paramref name="key"/>.</summary>
    public async Task<JsonElement> AuditedAsync(string action, string key) =>
        (await Admin.GetAsync($"audit?action={action}&key={key}&limit=1")).Is(HttpStatusCode.OK).Json.GetProperty("entries")[0];

    public async ValueTask InitializeAsync()
    {
        _database = await graph.CreateDatabaseAsync();
        _plain = await VaultServer.StartAsync(new ServerSettings(_database.ConnectionString));
        _proxied = await VaultServer.StartAsync(
            new ServerSettings(_database.ConnectionString)
            {
                IsShared = true,
                Variables = new Dictionary<string, string> { ["AXVAULT_TRUSTED_PROXIES"] = "127.0.0.1" },
            }
        );
        _admin = _plain.Client(_plain.BootstrapSecret);
        _proxiedAdmin = _proxied.Client(_plain.BootstrapSecret);
        (await _admin.PutCredentialAsync("remembered")).Is(HttpStatusCode.Created);
    }

    public async ValueTask DisposeAsync()
    {
        _admin?.Dispose();
        _proxiedAdmin?.Dispose();
        foreach (var part in (IAsyncDisposable?[])[_proxied, _plain, _database])
        {
            await (part?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }
}
