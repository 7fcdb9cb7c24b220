using System.Net;
using System.Text;
using System.Text.Json;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Audit;

/// <summary>The log shows every refusal and every change once, with the key, the target and the reason.</summary>
public sealed class AuditLogLineServerTests(VaultFixture vault, VaultGraph graph) : IClassFixture<VaultFixture>
{
    private const string MayNotGrant = "The key's access exceeds what this API key may grant.";
    private const string MayNotAdminister = "This call needs an API key that grants *.";
    private const string AKey = "k_0123456789ab";

    public static TheoryData<string, string, string, string, string> Calls =>
        new()
        {
            { "POST", "keys", "key.create", "-", MayNotGrant },
            { "GET", "keys", "key.list", "-", MayNotAdminister },
            { "GET", $"keys/{AKey}", "key.read", AKey, MayNotAdminister },
            { "PATCH", $"keys/{AKey}", "key.update", AKey, MayNotGrant },
            { "DELETE", $"keys/{AKey}", "key.delete", AKey, MayNotAdminister },
            { "PUT", "credentials/audited", "credential.put", "audited", "no write access" },
            { "GET", "credentials/audited", "credential.read", "audited", "no read access" },
            { "DELETE", "credentials/audited", "credential.delete", "audited", "no write access" },
        };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_refusal_leaves_one_line_with_the_key_the_target_and_the_reason(string method, string path, string action, string target, string reason)
    {
        var key = await vault.Admin.CreateKeyAsync(name: "weak");
        using var weak = vault.Admin.With(key.Secret);

        var line = await LineOfAsync(weak, method, path, HttpStatusCode.Forbidden);

        Assert.Equal((action, "denied", key.Id, "weak", target, reason), Facts(line));
        Assert.Equal("Warning", line.GetProperty("@l").GetString());
        Assert.Equal("127.0.0.1", line.GetProperty("ClientAddress").GetString());
        Assert.False(string.IsNullOrEmpty(line.GetProperty("RequestId").GetString()));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task An_unauthenticated_call_leaves_one_line_with_the_reason(string method, string path, string action, string target, string reason)
    {
        Assert.All([action, target, reason], static text => Assert.NotEmpty(text));
        using var anonymous = vault.Anonymous();
        using var unknown = vault.Server.Client(Api.Keys.ApiKeySecret.Create().Reveal());

        Assert.Equal(
            ("authenticate", "denied", "-", "-", "-", "no API key was sent"),
            Facts(await LineOfAsync(anonymous, method, path, HttpStatusCode.Unauthorized))
        );
        Assert.Equal(
            ("authenticate", "denied", "-", "-", "-", "the API key is not known"),
            Facts(await LineOfAsync(unknown, method, path, HttpStatusCode.Unauthorized))
        );
    }

    [Fact]
    public async Task Each_change_leaves_one_line_with_the_key_and_the_target()
    {
        var key = await vault.Admin.CreateKeyAsync(name: "strong", read: ["*"], write: ["*"], grant: ["*"]);
        using var strong = vault.Admin.With(key.Secret);
        var other = await vault.Admin.CreateKeyAsync();

        await ChangesAsync("PUT", "credentials/changed", HttpStatusCode.Created, "credential.put", "changed", "version ");
        await ChangesAsync("DELETE", "credentials/changed", HttpStatusCode.NoContent, "credential.delete", "changed");
        await ChangesAsync("PATCH", $"keys/{other.Id}", HttpStatusCode.OK, "key.update", other.Id, "state of ");
        await ChangesAsync("DELETE", $"keys/{other.Id}", HttpStatusCode.NoContent, "key.delete", other.Id);
        var created = await LineOfAsync(strong, "POST", "keys", HttpStatusCode.Created);
        IsFact(("key.create", "success", key.Id, "strong", created.GetProperty("Target").GetString(), "state of "), created);
        Assert.Matches("^k_[0-9a-f]{12}$", created.GetProperty("Target").GetString());

        async Task ChangesAsync(string method, string path, HttpStatusCode status, string action, string target, string reason = "-") =>
            IsFact((action, "success", key.Id, "strong", target, reason), await LineOfAsync(strong, method, path, status));
    }

    [Fact]
    public async Task The_bootstrap_key_leaves_one_line()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var admin = server.Client(server.BootstrapSecret);
        var id = (await admin.GetAsync("keys")).Json.GetProperty("keys")[0].GetProperty("id").GetString()!;
        Assert.Equal(0, await server.StopAsync());

        var line = Assert.Single(Lines(server), static line => line.GetProperty("Action").GetString() == "bootstrap");
        IsFact(("bootstrap", "success", "-", "-", id, "state of "), line);
    }

    [Fact]
    public async Task A_user_agent_is_cut_and_without_control_characters()
    {
        var mark = Guid.NewGuid().ToString("n");

        await RawHttp.ExchangeAsync(
            vault.Server.Address,
            Encoding.Latin1.GetBytes(
                $"GET /api/v1/keys HTTP/1.1\r\nHost: x\r\nConnection: close\r\nUser-Agent: {mark}\u001b[31m\a\t{new string('a', 2000)}\r\n\r\n"
            )
        );

        var line = await FindAsync(agent => agent.StartsWith(mark, StringComparison.Ordinal));
        Assert.Equal($"{mark}?[31m??{new string('a', 256 - 39)}", line.GetProperty("UserAgent").GetString());
    }

    [Fact]
    public async Task Hidden_characters_are_escaped_in_log_lines_and_exports()
    {
        const string Hidden = "\u00ad\u061c\u200b\u200d\u200e\u200f\u2028\u2029\u202a\u202e\u2060\u2066\u2069\ufeff\U000e0041";
        var mark = Guid.NewGuid().ToString("n");
        var key = await vault.Admin.CreateKeyAsync();
        // A key of an older server may have such a name.
        await DatabaseContents.ExecuteAsync(vault.ConnectionString, $"update axvault.api_key set name = '{mark}{Hidden}' where id = '{key.Id}'");
        await VaultInsider.SealKeyAsync(vault.ConnectionString, key.Id);

        await RawHttp.ExchangeAsync(
            vault.Server.Address,
            Encoding.UTF8.GetBytes(
                $"GET /api/v1/keys HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {key.Secret}\r\nUser-Agent: {mark}{Hidden}\r\n\r\n"
            )
        );

        var line = await FindAsync(agent => agent.StartsWith(mark, StringComparison.Ordinal));
        Assert.Equal(($"{mark}{Hidden}", $"{mark}{Hidden}"), (line.GetProperty("UserAgent").GetString(), line.GetProperty("KeyName").GetString()));
        var written = Assert.Single(vault.Server.Output, text => text.Contains(mark, StringComparison.Ordinal));
        var export = await vault.Admin.GetAsync($"audit?key={key.Id}", "Accept", "application/x-ndjson");
        Assert.Contains(mark, export.Text, StringComparison.Ordinal);
        Assert.All([written, export.Text], static text =>
        {
            Assert.DoesNotContain(Hidden.EnumerateRunes(), rune => text.Contains(rune.ToString(), StringComparison.Ordinal));
            Assert.Contains("\\u202E", text, StringComparison.Ordinal);
            Assert.Contains("\\uDB40\\uDC41", text, StringComparison.Ordinal);
        });
    }

    // The reason is the beginning of the one in the line.
    private static void IsFact((string?, string?, string?, string?, string?, string Reason) expected, JsonElement line)
    {
        var found = Facts(line);
        Assert.StartsWith(expected.Reason, found.Item6, StringComparison.Ordinal);
        Assert.Equal(expected, found with { Item6 = expected.Reason });
    }

    private static IEnumerable<JsonElement> Lines(VaultServer server) =>
        server
            .Output.Where(static line => line.Contains("Axvault.Api.Audit.AuditLog", StringComparison.Ordinal))
            .Select(static line =>
            {
                using var document = JsonDocument.Parse(line);
                return document.RootElement.Clone();
            });

    private static (string?, string?, string?, string?, string?, string?) Facts(JsonElement line)
    {
        return (Text("Action"), Text("Outcome"), Text("KeyId"), Text("KeyName"), Text("Target"), Text("Reason"));

        string? Text(string name) => line.GetProperty(name).GetString();
    }

    // Sends a request with a unique user agent and returns its only log line.
    private async Task<JsonElement> LineOfAsync(VaultClient client, string method, string path, HttpStatusCode status)
    {
        var mark = Guid.NewGuid().ToString("n");
        var body = method switch
        {
            "POST" => """{"name":"made","readAccess":["*"]}""",
            "PATCH" => """{"name":"renamed"}""",
            "PUT" => """{"type":"api-key","data":{}}""",
            _ => null,
        };

        var answer = await client.SendAsync(
            HttpMethod.Parse(method),
            path,
            body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"),
            headers => headers.TryAddWithoutValidation("User-Agent", mark)
        );

        answer.Is(status);
        return await FindAsync(agent => agent == mark);
    }

    private async Task<JsonElement> FindAsync(Func<string, bool> userAgent)
    {
        // Log lines keep their order. So when the line of a later request is there, the earlier lines are too.
        var end = Guid.NewGuid().ToString("n");
        using var anonymous = vault.Anonymous();
        (await anonymous.SendAsync(HttpMethod.Get, "keys", headers: headers => headers.TryAddWithoutValidation("User-Agent", end))).IsUnauthorized();
        await vault.Server.WaitForOutputAsync(end);
        return Assert.Single(Lines(vault.Server), line => userAgent(line.GetProperty("UserAgent").GetString()!));
    }
}
