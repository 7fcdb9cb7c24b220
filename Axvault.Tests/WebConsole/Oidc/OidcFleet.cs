using Axvault.Api.Encryption;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Axvault.Api.WebConsole.Sessions;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.WebConsole.Oidc;

/// <summary>Two servers on one database whose console people sign in to at an OpenID provider. The rule <c>console</c> takes its <c>vault-admins</c>.</summary>
public sealed partial class OidcFleet(VaultGraph graph) : IAsyncLifetime
{
    /// <summary>The name of the rule.</summary>
    internal const string Rule = "console";

    private readonly List<VaultServer> _servers = [];
    private TestDatabase? _database;
    private VaultClient? _admin;

    /// <summary>The provider.</summary>
    public OidcProvider Provider { get; private set; } = null!;

    /// <summary>The servers. The provider leads back to the first one.</summary>
    public IReadOnlyList<VaultServer> Servers => _servers;

    /// <summary>A client of the first server with the first key.</summary>
    public VaultClient Admin => _admin!;

    /// <summary>The connection string of the database.</summary>
    public string ConnectionString => _database!.ConnectionString;

    /// <summary>Returns the addresses at which a browser may see the console of a port.</summary>
    internal static string[] RedirectsOf(int port) =>
        [.. ((string[])["http://127.0.0.1", "https://127.0.0.1", "http://localhost"]).Select(host => Callback(host, port))];

    /// <summary>Returns the settings of a server with the sign-in.</summary>
    /// <param name="connectionString">Its database.</param>
    /// <param name="provider">The provider.</param>
    /// <param name="port">The port of the server.</param>
    /// <param name="changes">Further variables; an empty text removes one.</param>
    internal static ServerSettings SettingsOf(string connectionString, OidcProvider provider, int port, params (string Name, string Value)[] changes)
    {
        var variables = new Dictionary<string, string>
        {
            ["AXVAULT_ISSUER_PRIVATE_HOSTS"] = "127.0.0.1",
            ["AXVAULT_CONSOLE_OIDC_ISSUER"] = provider.Issuer,
            ["AXVAULT_CONSOLE_OIDC_CLIENT_ID"] = OidcProvider.Console,
            ["AXVAULT_CONSOLE_OIDC_CLIENT_SECRET"] = provider.ConsoleSecret,
            ["AXVAULT_CONSOLE_OIDC_RULE"] = Rule,
        };
        foreach (var (name, value) in changes)
        {
            variables[name] = value;
        }

        return new ServerSettings(connectionString) { Port = port, Variables = variables };
    }

    /// <summary>Makes the issuer and the rule.</summary>
    internal static async Task TrustAsync(VaultClient admin, OidcProvider provider, string rule = Rule, int maxKeys = 100)
    {
        (await admin.PutAsync("issuers/people", new JsonObject { ["issuer"] = provider.Issuer }.ToJsonString())).Is(HttpStatusCode.Created);
        var body = new JsonObject
        {
            ["issuer"] = "people",
            ["audience"] = OidcProvider.Console,
            ["claims"] = new JsonObject { ["groups"] = "vault-admins" },
            ["readAccess"] = new JsonArray("seen.*"),
            ["ttlSeconds"] = 600,
            ["maxKeys"] = maxKeys,
        };
        (await admin.PutAsync($"rules/{rule}", body.ToJsonString())).Is(HttpStatusCode.Created);
    }

    /// <summary>Returns the seal of the vault.</summary>
    internal async Task<SessionSeal> SealAsync() => new(new TextSeal(await VaultInsider.OpenAsync(ConnectionString)));

    /// <summary>Opens a browser at the first server.</summary>
    internal PlainBrowser Browser() => new(Servers[0]);

    /// <summary>Presses the button of the sign-in, and returns the address that the browser is led to.</summary>
    internal static async Task<Uri> StartAsync(PlainBrowser browser, string to = "/console") =>
        new(OnwardOf((await browser.PostAsync("/console/sign-in/oidc", [("to", to)])).Is(HttpStatusCode.OK)));

    /// <summary>Starts a sign-in, logs in at the provider as <paramref name="user"/>, and returns the path that the provider leads back to.</summary>
    internal async Task<string> LogInAsync(PlainBrowser browser, string user, string to = "/console", bool refuses = false)
    {
        using var person = new OidcPerson(Provider, user);
        return (await person.LogInAsync(await StartAsync(browser, to), refuses)).PathAndQuery;
    }

    /// <summary>Returns the address that a page leads on to.</summary>
    internal static string OnwardOf(Answer page)
    {
        var address = WebUtility.HtmlDecode(Refresh().Match(page.Text).Groups[1].Value);
        Assert.Contains($"<a href=\"{address}\">Go on</a>", WebUtility.HtmlDecode(page.Text), StringComparison.Ordinal);
        Assert.Equal("no-referrer", page.Headers["Referrer-Policy"]);
        return address;
    }

    /// <summary>Returns the reason of the newest refusal in the audit log.</summary>
    internal static async Task<string> RefusedAsync(VaultClient admin) =>
        (await admin.GetAsync("audit?action=token.exchange&outcome=denied&limit=1"))
            .Is(HttpStatusCode.OK)
            .Json.GetProperty("entries")[0]
            .GetProperty("reason")
            .GetString()!;

    public async ValueTask InitializeAsync()
    {
        _database = await graph.CreateDatabaseAsync();
        int[] ports = [FreePort.Next(), FreePort.Next()];
        Provider = await OidcProvider.StartAsync(RedirectsOf(ports[0]));
        foreach (var port in ports)
        {
            // The most detailed log is searched for codes and secrets, too.
            var settings = SettingsOf(ConnectionString, Provider, port, ("AXVAULT_LOG_LEVEL", "debug")) with { IsShared = true };
            _servers.Add(await VaultServer.StartAsync(settings));
        }

        _admin = Servers[0].Client(Servers[0].BootstrapSecret);
        await TrustAsync(Admin, Provider);
        (await Admin.PutCredentialAsync("seen.one")).Is(HttpStatusCode.Created);
        (await Admin.PutCredentialAsync("unseen")).Is(HttpStatusCode.Created);
    }

    public async ValueTask DisposeAsync()
    {
        _admin?.Dispose();
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        await (Provider?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_database?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private static string Callback(string host, int port) =>
        string.Create(CultureInfo.InvariantCulture, $"{host}:{port}/console/sign-in/oidc/callback");

    [GeneratedRegex("<meta http-equiv=\"refresh\" content=\"0;url=([^\"]+)\">")]
    private static partial Regex Refresh();
}
