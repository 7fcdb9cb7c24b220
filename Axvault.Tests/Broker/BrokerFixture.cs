using System.Net;
using System.Text;
using System.Text.Json;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Broker;

/// <summary>A server whose upstreams are one double, shared by the tests of one class. Each test uses its own credential and key.</summary>
public sealed class BrokerFixture(VaultGraph graph) : IAsyncLifetime
{
    private TestDatabase? _database;
    private VaultServer? _server;
    private VaultClient? _admin;
    private UpstreamDouble? _upstream;

    /// <summary>The server.</summary>
    public VaultServer Server => _server!;

    /// <summary>A client with the first key.</summary>
    public VaultClient Admin => _admin!;

    /// <summary>The upstream.</summary>
    public UpstreamDouble Upstream => _upstream!;

    /// <summary>The connection string of the database.</summary>
    public string ConnectionString => _database!.ConnectionString;

    /// <summary>Returns the settings that point every upstream to <paramref name="url"/>.</summary>
    public static Dictionary<string, string> Variables(string url) =>
        new()
        {
            ["AXVAULT_UPSTREAM_ANTHROPIC_URL"] = url,
            ["AXVAULT_UPSTREAM_ANTHROPIC_TOKEN_URL"] = url,
            ["AXVAULT_UPSTREAM_ANTHROPIC_LOGIN_URL"] = url,
            ["AXVAULT_UPSTREAM_OPENAI_URL"] = $"{url}/v1",
            ["AXVAULT_UPSTREAM_CODEX_URL"] = $"{url}/backend-api/codex",
            ["AXVAULT_UPSTREAM_GEMINI_URL"] = url,
            ["AXVAULT_UPSTREAM_GITEA_URL"] = $"{url}/api",
            ["AXVAULT_UPSTREAM_GITEA_PREFIX"] = "token",
            ["AXVAULT_UPSTREAM_GITEA_PATHS"] = "GET /repos/*, POST /issues",
        };

    /// <summary>Puts a credential. Returns its name.</summary>
    public async Task<string> PutAsync(string provider, string type, string data, string? name = null)
    {
        name ??= $"c{Guid.NewGuid():N}";
        (await Admin.PutAsync($"credentials/{name}", $$"""{"type":"{{type}}","provider":"{{provider}}","data":{{data}}}""")).Is(HttpStatusCode.Created);
        return name;
    }

    /// <summary>Makes a key that may use <paramref name="names"/> and nothing else. Returns its id and secret.</summary>
    public async Task<CreatedKey> UserKeyAsync(string[] names, string more = "")
    {
        var created = (
            await Admin.PostAsync("keys", $$"""{"name":"an agent","useAccess":[{{string.Join(',', names.Select(static name => $"\"{name}\""))}}]{{more}}}""")
        ).Is(HttpStatusCode.Created);
        return new CreatedKey(created.Json.GetProperty("id").GetString()!, created.Json.GetProperty("secret").GetString()!);
    }

    /// <summary>Returns a client of the broker for one credential. The answer's end is awaited by the test.</summary>
    public HttpClient Client(string? secret, string? header = "Authorization", VaultServer? server = null)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            BaseAddress = (server ?? Server).Address,
            Timeout = TimeSpan.FromSeconds(60),
        };
        if (secret is not null && header is not null)
        {
            client.DefaultRequestHeaders.TryAddWithoutValidation(header, header == "Authorization" ? $"Bearer {secret}" : secret);
        }

        return client;
    }

    /// <summary>Waits until the end of the one call with a credential is recorded, and returns its words.</summary>
    public async Task<string> EndOfAsync(string name)
    {
        JsonElement? entry = null;
        await Until.HoldsAsync(
            async () =>
            {
                var entries = (await Admin.GetAsync($"audit?credential={name}&action=broker.end")).Json.GetProperty("entries");
                entry = entries.GetArrayLength() == 1 ? entries[0] : null;
                return entry is not null;
            },
            "the end of the call is recorded"
        );
        return entry!.Value.GetProperty("reason").GetString()!;
    }

    /// <summary>Posts a body with the name of the credential, by which the upstream finds the answer.</summary>
    public static Task<HttpResponseMessage> PostAsync(HttpClient client, string name, string path = "/v1/messages") =>
        client.PostAsync($"broker/{name}{path}", Json($$"""{"mark":"{{name}}"}"""), TestContext.Current.CancellationToken);

    /// <summary>Returns a JSON body.</summary>
    public static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    public async ValueTask InitializeAsync()
    {
        _upstream = await UpstreamDouble.StartAsync();
        _database = await graph.CreateDatabaseAsync();
        _server = await VaultServer.StartAsync(new ServerSettings(_database.ConnectionString) { Variables = Variables(_upstream.Url), IsShared = true });
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

        if (_upstream is not null)
        {
            await _upstream.DisposeAsync();
        }
    }
}
