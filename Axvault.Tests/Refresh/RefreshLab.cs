using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Axvault.Tests.Graph;
using Axvault.Tests.Provider;
using Axvault.Tests.Server;

namespace Axvault.Tests.Refresh;

/// <summary>Servers on one database, and the real provider behind a proxy that can fail: what a test of refresh works with.</summary>
public sealed class RefreshLab : IAsyncDisposable
{
    /// <summary>The name of the provider that the servers are told of.</summary>
    public const string ProviderName = "lab";

    /// <summary>The name of the same provider, with a leeway for a second use of a refresh token.</summary>
    public const string LenientProviderName = "lenient-lab";

    private readonly List<VaultServer> _servers = [];
    private readonly TestFolder _spool = new();
    private readonly TestDatabase? _ownDatabase;
    private string? _adminSecret;

    private RefreshLab(TestDatabase? ownDatabase, string connectionString, FaultProxy proxy, Uri provider, IReadOnlyDictionary<string, string> variables)
    {
        (_ownDatabase, ConnectionString, Proxy, Variables) = (ownDatabase, connectionString, proxy, variables);
        Provider = new ProviderClient(provider);
    }

    /// <summary>The database.</summary>
    public string ConnectionString { get; }

    /// <summary>What stands between the servers and the provider.</summary>
    public FaultProxy Proxy { get; }

    /// <summary>The provider itself, past the proxy.</summary>
    public ProviderClient Provider { get; }

    /// <summary>The servers, dead ones included.</summary>
    public IReadOnlyList<VaultServer> Servers => _servers;

    /// <summary>Where the servers keep tokens that the database cannot take.</summary>
    public string SpoolFolder => _spool.Path;

    private IReadOnlyDictionary<string, string> Variables { get; }

    private bool IsShared { get; init; }

    /// <summary>Starts <paramref name="servers"/> servers on a database of their own.</summary>
    public static async Task<RefreshLab> StartAsync(VaultGraph graph, int servers = 1, params (string Name, string Value)[] variables)
    {
        ArgumentNullException.ThrowIfNull(graph);

        var database = await graph.CreateDatabaseAsync();
        return await StartAsync(database, database.ConnectionString, graph.ProviderUrl, servers, variables);
    }

    /// <summary>Starts <paramref name="servers"/> servers on a database of their own, for all tests of a class.</summary>
    public static async Task<RefreshLab> StartSharedAsync(VaultGraph graph, int servers = 1)
    {
        ArgumentNullException.ThrowIfNull(graph);

        var database = await graph.CreateDatabaseAsync();
        return await StartAsync(database, database.ConnectionString, graph.ProviderUrl, servers, [], isShared: true);
    }

    /// <summary>Starts <paramref name="servers"/> servers on the database that <paramref name="connectionString"/> names: for tests that stop it.</summary>
    public static Task<RefreshLab> StartOnAsync(string connectionString, VaultGraph graph, int servers = 1, params (string Name, string Value)[] variables)
    {
        ArgumentNullException.ThrowIfNull(graph);

        return StartAsync(null, connectionString, graph.ProviderUrl, servers, variables);
    }

    /// <summary>Starts one more server.</summary>
    public async Task<VaultServer> AddServerAsync(params (string Name, string Value)[] variables)
    {
        var server = await StartServerAsync(variables);
        _servers.Add(server);
        _adminSecret ??= server.BootstrapSecret;
        return server;
    }

    /// <summary>Kills a server, and starts another in its place.</summary>
    public async Task RestartAsync(int server)
    {
        await _servers[server].KillAsync();
        await _servers[server].DisposeAsync();
        _servers[server] = await StartServerAsync([]);
    }

    /// <summary>A client of a server with the first key.</summary>
    public VaultClient Admin(int server = 0) => _servers[server].Client(_adminSecret);

    /// <summary>A client of <paramref name="server"/> with the first key.</summary>
    public VaultClient Admin(VaultServer server)
    {
        ArgumentNullException.ThrowIfNull(server);

        return server.Client(_adminSecret);
    }

    /// <summary>Logs somebody in, and puts the tokens into the vault.</summary>
    public async Task<IssuedTokens> PutAsync(string name, string provider = ProviderName)
    {
        var issued = await Provider.IssueAsync(name);
        await PutAsync(name, issued, provider);
        return issued;
    }

    /// <summary>Puts <paramref name="issued"/> into the vault, in the flat shape, with members that are nobody's business.</summary>
    public async Task PutAsync(string name, IssuedTokens issued, string provider = ProviderName)
    {
        ArgumentNullException.ThrowIfNull(issued);

        using var admin = Admin(_servers.FindIndex(static server => !server.HasExited));
        var data = new JsonObject
        {
            ["access_token"] = issued.AccessToken,
            ["refresh_token"] = issued.RefreshToken,
            ["expires_at"] = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds(),
            ["kept"] = "as it is",
        };
        (await admin.PutAsync($"credentials/{name}", new { type = "oauth-credentials", provider, data })).Is(HttpStatusCode.Created);
    }

    /// <summary>Lets time pass for credentials: they are about to expire, were refreshed long ago, and nothing keeps them from another attempt.</summary>
    /// <param name="left">How long their access tokens are valid still; not, when it is negative.</param>
    /// <param name="names">Which; all when none is given.</param>
    public Task FallDueAsync(TimeSpan left, params string[] names)
    {
        ArgumentNullException.ThrowIfNull(names);

        var interval = string.Create(CultureInfo.InvariantCulture, $"interval '{left.TotalMilliseconds} milliseconds'");
        var which = names.Length == 0 ? "true" : $"name in ({string.Join(", ", names.Select(static name => $"'{name}'"))})";
        return DatabaseContents.ExecuteAsync(
            ConnectionString,
            $"""
            update axvault.credential
            set expires_at = date_trunc('milliseconds', clock_timestamp() + {interval}),
                token_expires_at = date_trunc('milliseconds', clock_timestamp() + {interval}),
                refreshed_at = refreshed_at - interval '1 day',
                refresh_next_at = refresh_next_at - interval '1 day',
                refresh_unknown_since = refresh_unknown_since - interval '1 day'
            where {which}
            """);
    }

    /// <summary>Makes a credential of one's own that is due.</summary>
    public async Task<IssuedTokens> PutDueAsync(string name, string provider = ProviderName)
    {
        var issued = await PutAsync(name, provider);
        await FallDueAsync(TimeSpan.FromMinutes(5), name);
        return issued;
    }

    /// <summary>The requests that came with <paramref name="refreshToken"/>.</summary>
    public IReadOnlyList<ProxiedRequest> RequestsWith(string refreshToken) => [.. Proxy.Requests.Where(request => request.RefreshToken == refreshToken)];

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        await Proxy.DisposeAsync();
        Provider.Dispose();
        _spool.Dispose();
        if (_ownDatabase is not null)
        {
            await _ownDatabase.DisposeAsync();
        }
    }

    private async Task<VaultServer> StartServerAsync((string Name, string Value)[] variables)
    {
        var all = new Dictionary<string, string>(Variables) { ["AXVAULT_REFRESH_SPOOL"] = _spool.Path };
        foreach (var (name, value) in variables)
        {
            all[name] = value;
        }

        return await VaultServer.StartAsync(new ServerSettings(ConnectionString) { Variables = all, IsShared = IsShared });
    }

    private static async Task<RefreshLab> StartAsync(TestDatabase? database, string connectionString, Uri provider, int servers, (string Name, string Value)[] variables, bool isShared = false)
    {
        var proxy = await FaultProxy.StartAsync(provider);
        var all = new Dictionary<string, string>
        {
            ["AXVAULT_OAUTH_LAB_TOKEN_URL"] = proxy.TokenUrl.AbsoluteUri,
            ["AXVAULT_OAUTH_LAB_CLIENT_ID"] = ProviderClient.PublicId,
            ["AXVAULT_OAUTH_LENIENT_LAB_TOKEN_URL"] = proxy.TokenUrl.AbsoluteUri,
            ["AXVAULT_OAUTH_LENIENT_LAB_CLIENT_ID"] = ProviderClient.PublicId,
            ["AXVAULT_OAUTH_LENIENT_LAB_ENCODING"] = "json",
            ["AXVAULT_OAUTH_LENIENT_LAB_REUSE_LEEWAY"] = "30",
            ["AXVAULT_REFRESH_SWEEP_INTERVAL"] = "0",
            ["AXVAULT_REFRESH_TIMEOUT_MS"] = "10000",
            ["AXVAULT_REFRESH_LEASE"] = "3",
        };
        foreach (var (name, value) in variables)
        {
            all[name] = value;
        }

        var lab = new RefreshLab(database, connectionString, proxy, provider, all) { IsShared = isShared };
        try
        {
            await lab.AddServerAsync();
            await Task.WhenAll(Enumerable.Range(1, servers - 1).Select(_ => lab.AddServerAsync()));
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }
}
