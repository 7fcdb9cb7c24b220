using System.Net;
using System.Text.Json;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;

namespace Axvault.Tests.Keys;

/// <summary>Two servers on one database, of which the second is behind a proxy that it trusts: there a client comes from wherever it says.</summary>
public sealed class KeyFleet(VaultGraph graph) : IAsyncLifetime
{
    /// <summary>A credential that every test reads: such a read is decided by what a server remembers.</summary>
    public const string Path = "credentials/remembered";

    private TestDatabase? _database;
    private VaultServer? _plain;
    private VaultServer? _proxied;
    private VaultClient? _admin;
    private VaultClient? _proxiedAdmin;

    /// <summary>The first key, at the server without a proxy.</summary>
    public VaultClient Admin => _admin!;

    /// <summary>The first key, at the server behind a proxy.</summary>
    public VaultClient ProxiedAdmin => _proxiedAdmin!;

    /// <summary>The database.</summary>
    public string ConnectionString => _database!.ConnectionString;

    /// <summary>The servers.</summary>
    internal IEnumerable<VaultServer> Servers => [_plain!, _proxied!];

    /// <summary>Makes a key of a body.</summary>
    public async Task<CreatedKey> CreateAsync(object body)
    {
        var answer = (await Admin.PostAsync("keys", body)).Is(HttpStatusCode.Created).Json;
        return new CreatedKey(answer.GetProperty("id").GetString()!, answer.GetProperty("secret").GetString()!);
    }

    /// <summary>What a read with <paramref name="secret"/> is answered, at each of the servers.</summary>
    public async Task<HttpStatusCode[]> ReadAsync(string secret)
    {
        using var plain = Admin.With(secret);
        using var proxied = ProxiedAdmin.With(secret);
        return [(await plain.GetAsync(Path)).Status, (await proxied.GetAsync(Path)).Status];
    }

    /// <summary>Reads until each server has remembered the key.</summary>
    public async Task RememberAsync(string secret)
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], await ReadAsync(secret));
        }
    }

    /// <summary>The newest entry of the audit log with <paramref name="action"/> that has to do with <paramref name="key"/>.</summary>
    public async Task<JsonElement> AuditedAsync(string action, string key) =>
        (await Admin.GetAsync($"audit?action={action}&key={key}&limit=1")).Is(HttpStatusCode.OK).Json.GetProperty("entries")[0];

    public async ValueTask InitializeAsync()
    {
        _database = await graph.CreateDatabaseAsync();
        _plain = await VaultServer.StartAsync(new ServerSettings(_database.ConnectionString));
        _proxied = await VaultServer.StartAsync(new ServerSettings(_database.ConnectionString)
        {
            IsShared = true,
            Variables = new Dictionary<string, string> { ["AXVAULT_TRUSTED_PROXIES"] = "127.0.0.1" },
        });
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
