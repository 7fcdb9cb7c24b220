using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Leaks;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Harness.Issuer;

/// <summary>Three servers on one database, and an issuer that they trust under the name <c>ci</c>.</summary>
public sealed class WorkloadFleet(VaultGraph graph) : IAsyncLifetime
{
    /// <summary>The audience of tokens for the fleet.</summary>
    public const string Audience = "https://vault.example.com";

    /// <summary>The subject of the rules that <see cref="RuleAsync"/> makes.</summary>
    public const string Subject = "repo:octo/app:ref:refs/heads/main";

    private readonly List<VaultServer> _servers = [];
    private TestDatabase? _database;

    /// <summary>The issuer.</summary>
    public TestIssuer Issuer { get; private set; } = null!;

    /// <summary>Clients of each server with the first key.</summary>
    public IReadOnlyList<VaultClient> Admins { get; private set; } = [];

    /// <summary>The client of the first server with the first key.</summary>
    public VaultClient Admin => Admins[0];

    /// <summary>The connection string of the database.</summary>
    public string ConnectionString => _database!.ConnectionString;

    /// <summary>The servers.</summary>
    internal IReadOnlyList<VaultServer> Servers => _servers;

    /// <summary>Makes a rule with a name of its own, for one subject and keys that read everything.</summary>
    /// <param name="change">Changes the body.</param>
    public async Task<string> RuleAsync(Action<JsonObject>? change = null)
    {
        var name = $"rule-{Guid.NewGuid():N}";
        var body = Rule(change);
        (await Admin.PutAsync($"rules/{name}", body.ToJsonString())).Is(HttpStatusCode.Created);
        return name;
    }

    /// <summary>Returns the body of a rule.</summary>
    public static JsonObject Rule(Action<JsonObject>? change = null)
    {
        var body = new JsonObject
        {
            ["issuer"] = "ci",
            ["audience"] = Audience,
            ["subject"] = Subject,
            ["readAccess"] = new JsonArray("*"),
        };
        change?.Invoke(body);
        return body;
    }

    /// <summary>Returns a token that the rules of <see cref="RuleAsync"/> take.</summary>
    /// <param name="change">Changes its claims.</param>
    public string Token(Action<JsonObject>? change = null)
    {
        var claims = Issuer.Claims(Audience, Subject);
        change?.Invoke(claims);
        return Issuer.Key.Sign(claims);
    }

    /// <summary>Exchanges a token by a rule, at one of the servers.</summary>
    public Task<Answer> ExchangeAsync(string rule, string token, int server = 0) =>
        ExchangeAsync(
            server,
            new Dictionary<string, string>
            {
                ["grant_type"] = "urn:ietf:params:oauth:grant-type:token-exchange",
                ["subject_token"] = token,
                ["subject_token_type"] = "urn:ietf:params:oauth:token-type:jwt",
                ["client_id"] = rule,
            }
        );

    /// <summary>Sends a form to the exchange.</summary>
    public async Task<Answer> ExchangeAsync(int server, Dictionary<string, string> form)
    {
        foreach (var token in form.Where(static field => field.Key is "subject_token" or "assertion"))
        {
            LeakWatch.Secrets.Add(token.Value, SecretKind.SentKey);
        }

        using var anonymous = Admins[server].With(null);
        return await anonymous.SendAsync(HttpMethod.Post, "token", new FormUrlEncodedContent(form));
    }

    /// <summary>Exchanges a token, and returns a client with the issued key.</summary>
    public async Task<VaultClient> KeyAsync(string rule, string? token = null, int server = 0)
    {
        var answer = (await ExchangeAsync(rule, token ?? Token(), server)).Is(HttpStatusCode.OK);
        return Admins[server].With(answer.Json.GetProperty("access_token").GetString());
    }

    /// <summary>Returns the newest audit entry of an exchange that names <paramref name="rule"/>.</summary>
    public async Task<JsonElement> AuditedAsync(string rule)
    {
        var entries = (await Admin.GetAsync("audit?action=token.exchange&limit=1000")).Is(HttpStatusCode.OK).Json.GetProperty("entries");
        return entries.EnumerateArray().First(entry => entry.GetProperty("reason").GetString()!.Contains($"rule {rule}", StringComparison.Ordinal));
    }

    /// <summary>Asserts that a token is refused like every other, and for <paramref name="reason"/> in the audit log alone.</summary>
    public async Task IsDeniedAsync(string rule, string token, string reason)
    {
        var answer = await ExchangeAsync(rule, token);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("application/json", answer.ContentType);
        Assert.Equal("no-store", answer.Headers["Cache-Control"]);
        Assert.Equal(
            """{"error":"invalid_grant","error_description":"The token gives no key by this rule. The audit log of the vault has the reason."}""",
            answer.Text
        );
        Assert.StartsWith($"{reason}: rule {rule}", (await AuditedAsync(rule)).GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    public async ValueTask InitializeAsync()
    {
        Issuer = await TestIssuer.StartAsync();
        _database = await graph.CreateDatabaseAsync();
        for (var i = 0; i < 3; i++)
        {
            _servers.Add(await VaultServer.StartAsync(Settings()));
        }

        Admins = [.. _servers.Select(server => server.Client(_servers[0].BootstrapSecret))];
        (await Admin.PutAsync("issuers/ci", new JsonObject { ["issuer"] = Issuer.Identifier }.ToJsonString())).Is(HttpStatusCode.Created);
        (await Admin.PutCredentialAsync("claude")).Is(HttpStatusCode.Created);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var admin in Admins)
        {
            admin.Dispose();
        }

        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        await (_database?.DisposeAsync() ?? ValueTask.CompletedTask);
        await Issuer.DisposeAsync();
    }

    private ServerSettings Settings() =>
        new(ConnectionString)
        {
            IsShared = true,
            Variables = new Dictionary<string, string> { ["AXVAULT_ISSUER_PRIVATE_HOSTS"] = "127.0.0.1", ["AXVAULT_AUTH_FAILURE_LIMIT"] = "0" },
        };
}
