using System.Net;
using System.Text.Json.Nodes;
using Axvault.Api.Encryption;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using Axvault.Tests.Provider;
using Npgsql;

namespace Axvault.Tests.Refresh;

/// <summary>Servers on one database, and the test provider behind a proxy that can fail.</summary>
public sealed class RefreshLab : IAsyncDisposable
{
    /// <summary>The name of the provider in the settings of the servers.</summary>
    public const string ProviderName = "lab";

    /// <summary>The name of the same provider with a leeway for the second use of a refresh token.</summary>
    public const string LenientProviderName = "lenient-lab";

    /// <summary>The name of the same provider with both ways to log in.</summary>
    public const string LoginProviderName = "login-lab";

    private readonly List<VaultServer> _servers = [];
    private readonly TestFolder _spool = new();
    private readonly TestDatabase? _ownDatabase;
    private readonly List<string> _keys = [];
    private (int Keys, Task<Vault> Opened)? _vault;
    private string? _adminSecret;

    private RefreshLab(TestDatabase? ownDatabase, string connectionString, FaultProxy proxy, Uri provider, IReadOnlyDictionary<string, string> variables)
    {
        (_ownDatabase, ConnectionString, Proxy, Variables) = (ownDatabase, connectionString, proxy, variables);
        Provider = new ProviderClient(provider);
    }

    /// <summary>The connection string of the database.</summary>
    public string ConnectionString { get; }

    /// <summary>The proxy between the servers and the provider.</summary>
    public FaultProxy Proxy { get; }

    /// <summary>A client of the provider itself, past the proxy.</summary>
    public ProviderClient Provider { get; }

    /// <summary>The servers, including those that have ended.</summary>
    public IReadOnlyList<VaultServer> Servers => _servers;

    /// <summary>The folder for tokens that the database cannot take.</summary>
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

    /// <summary>Starts servers on the database of <paramref name="connectionString"/>, for tests that stop the database.</summary>
    public static Task<RefreshLab> StartOnAsync(string connectionString, VaultGraph graph, int servers = 1, params (string Name, string Value)[] variables)
    {
        ArgumentNullException.ThrowIfNull(graph);

        return StartAsync(null, connectionString, graph.ProviderUrl, servers, variables);
    }

    /// <summary>Starts another server.</summary>
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
        await ExpireClaimsAsync();
        _servers[server] = await StartServerAsync([]);
    }

    /// <summary>Lets every claim run out now, as if the lease of a dead or frozen server had passed.</summary>
    public Task ExpireClaimsAsync() =>
        DatabaseContents.ExecuteAsync(
            ConnectionString,
            "update axvault.credential_refresh set claimed_until = clock_timestamp() where claimed_until is not null"
        );

    /// <summary>Returns a client of a server with the first key.</summary>
    public VaultClient Admin(int server = 0) => _servers[server].Client(_adminSecret);

    /// <summary>Returns a client of <paramref name="server"/> with the first key.</summary>
    public VaultClient Admin(VaultServer server)
    {
        ArgumentNullException.ThrowIfNull(server);

        return server.Client(_adminSecret);
    }

    /// <summary>Logs a user in, and puts the tokens into the vault.</summary>
    public async Task<IssuedTokens> PutAsync(string name, string provider = ProviderName)
    {
        var issued = await Provider.IssueAsync(name);
        await PutAsync(name, issued, provider);
        return issued;
    }

    /// <summary>Puts <paramref name="issued"/> into the vault in the flat shape of RFC 6749, with a member that a refresh must keep.</summary>
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
        (
            await admin.PutAsync(
                $"credentials/{name}",
                new
                {
                    type = "oauth-credentials",
                    provider,
                    data,
                }
            )
        ).Is(HttpStatusCode.Created);
    }

    /// <summary>Makes credentials look older: about to expire, refreshed long ago, and free for another attempt.</summary>
    /// <param name="left">The remaining lifetime of their access tokens; negative when they have expired.</param>
    /// <param name="names">The names of the credentials; all when omitted.</param>
    public async Task FallDueAsync(TimeSpan left, params string[] names)
    {
        ArgumentNullException.ThrowIfNull(names);

        var which = names.Length == 0 ? "true" : $"c.name in ({string.Join(", ", names.Select(static name => $"'{name}'"))})";
        var expiresAt = await DatabaseContents.ScalarAsync<DateTime>(ConnectionString, "select date_trunc('milliseconds', clock_timestamp())") + left;
        var vault = await OpenVaultAsync();
        await using var connection = await DatabaseContents.OpenAsync(ConnectionString);
        await using var transaction = await connection.BeginTransactionAsync();
        await VaultInsider.SetExpiryAsync(vault, transaction, $"v.id in (select c.version_id from axvault.credential c where {which})", expiresAt);
        await using var command = new NpgsqlCommand(
            $"""
            update axvault.credential_refresh r
            set token_expires_at = v.expires_at,
                refreshed_at = r.refreshed_at - interval '1 day',
                next_at = r.next_at - interval '1 day',
                unknown_since = r.unknown_since - interval '1 day'
            from axvault.credential_version v join axvault.credential c on c.version_id = v.id
            where r.version_id = v.id and {which}
            """,
            connection,
            transaction
        );
        await command.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
    }

    /// <summary>Logs a user in, and puts the tokens into the vault as a credential that is due for a refresh.</summary>
    public async Task<IssuedTokens> PutDueAsync(string name, string provider = ProviderName)
    {
        var issued = await PutAsync(name, provider);
        await FallDueAsync(TimeSpan.FromMinutes(5), name);
        return issued;
    }

    /// <summary>Returns the requests that came with <paramref name="refreshToken"/>.</summary>
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

    // A derivation is slow on purpose, so it is repeated only when a server came with another key.
    private Task<Vault> OpenVaultAsync()
    {
        lock (_keys)
        {
            if (_vault is null || _vault.Value.Keys != _keys.Count)
            {
                _vault = (_keys.Count, VaultInsider.OpenAsync(ConnectionString, _keys[^1], _keys[..^1]));
            }

            return _vault.Value.Opened;
        }
    }

    private async Task<VaultServer> StartServerAsync((string Name, string Value)[] variables)
    {
        var all = new Dictionary<string, string>(Variables) { ["AXVAULT_REFRESH_SPOOL"] = _spool.Path };
        foreach (var (name, value) in variables)
        {
            all[name] = value;
        }

        var key = all.GetValueOrDefault("AXVAULT_ENCRYPTION_KEY", ServerSettings.DefaultKey);
        lock (_keys)
        {
            if (!_keys.Contains(key))
            {
                _keys.Add(key);
            }
        }

        return await VaultServer.StartAsync(new ServerSettings(ConnectionString) { Variables = all, IsShared = IsShared });
    }

    private static async Task<RefreshLab> StartAsync(
        TestDatabase? database,
        string connectionString,
        Uri provider,
        int servers,
        (string Name, string Value)[] variables,
        bool isShared = false
    )
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
            // This is no device authorization endpoint, so a login fails at once.
            ["AXVAULT_OAUTH_LENIENT_LAB_DEVICE_URL"] = ProviderClient.TokenUrlOf(provider).AbsoluteUri,
            ["AXVAULT_OAUTH_LOGIN_LAB_TOKEN_URL"] = proxy.TokenUrl.AbsoluteUri,
            ["AXVAULT_OAUTH_LOGIN_LAB_CLIENT_ID"] = ProviderClient.PublicId,
            ["AXVAULT_OAUTH_LOGIN_LAB_SCOPE"] = "offline_access",
            ["AXVAULT_OAUTH_LOGIN_LAB_DEVICE_URL"] = new Uri(provider, ProviderClients.DevicePath).AbsoluteUri,
            ["AXVAULT_OAUTH_LOGIN_LAB_AUTHORIZE_URL"] = new Uri(provider, ProviderClients.AuthorizePath).AbsoluteUri,
            ["AXVAULT_OAUTH_LOGIN_LAB_REDIRECT_URL"] = ProviderClients.RedirectUrl,
            ["AXVAULT_REFRESH_SWEEP_INTERVAL"] = "0",
            ["AXVAULT_REFRESH_TIMEOUT_MS"] = "10000",
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
