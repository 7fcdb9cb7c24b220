using System.Net;
using System.Text;
using System.Text.Json;
using Axvault.Api.Keys;
using Axvault.Tests.Harness.Servers;
using static Axvault.Tests.Audit.ListedEntries;

namespace Axvault.Tests.Audit;

/// <summary>Every authenticated or refused call leaves one audit entry.</summary>
public sealed class AuditServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private const string AKey = "k_0123456789ab";
    private const string AVersion = "00000000-0000-7000-8000-000000000000";

    private VaultClient Admin => vault.Admin;

    /// <summary>The calls with their expected status, and the action, outcome, target and reason of their entries.</summary>
    public static TheoryData<string, string, string?, HttpStatusCode, string, string, string?, string?> Calls =>
        new()
        {
            { "POST", "keys", """{"name":"n"}""", HttpStatusCode.Created, "key.create", "success", "k_", "state of " },
            { "POST", "keys", """{"name":""}""", HttpStatusCode.BadRequest, "key.create", "failure", null, "invalid-request" },
            { "POST", "keys", """{"name":""", HttpStatusCode.BadRequest, "key.create", "failure", null, "invalid-request" },
            { "GET", "keys", null, HttpStatusCode.OK, "key.list", "success", null, null },
            { "GET", $"keys/{AKey}", null, HttpStatusCode.NotFound, "key.read", "failure", AKey, "not-found" },
            { "PATCH", $"keys/{AKey}", """{"name":"n"}""", HttpStatusCode.NotFound, "key.update", "failure", AKey, "not-found" },
            { "DELETE", $"keys/{AKey}", null, HttpStatusCode.NotFound, "key.delete", "failure", AKey, "not-found" },
            { "DELETE", "keys/axv_sk_in-the-wrong-place", null, HttpStatusCode.NotFound, "key.delete", "failure", null, "not-found" },
            { "PUT", "credentials/audited", """{"type":"api-key","data":{}}""", HttpStatusCode.Created, "credential.put", "success", "audited", "version " },
            {
                "PUT",
                "credentials/audited",
                """{"type":"none","data":{}}""",
                HttpStatusCode.BadRequest,
                "credential.put",
                "failure",
                "audited",
                "invalid-request"
            },
            { "PUT", "credentials/audited", "[", HttpStatusCode.BadRequest, "credential.put", "failure", "audited", "invalid-request" },
            { "GET", "credentials", null, HttpStatusCode.OK, "credential.list", "success", null, null },
            { "GET", "credentials?limit=0", null, HttpStatusCode.BadRequest, "credential.list", "failure", null, "invalid-request" },
            { "GET", "credentials/absent", null, HttpStatusCode.NotFound, "credential.read", "failure", "absent", "not-found" },
            { "GET", "credentials/-", null, HttpStatusCode.BadRequest, "credential.read", "failure", null, "invalid-request" },
            { "POST", "credentials/read", """{"names":["absent"]}""", HttpStatusCode.OK, "credential.read", "failure", "absent", "not-found" },
            { "POST", "credentials/read", """{"names":[]}""", HttpStatusCode.BadRequest, "credential.read", "failure", null, "invalid-request" },
            { "DELETE", "credentials/absent", null, HttpStatusCode.NotFound, "credential.delete", "failure", "absent", "not-found" },
            { "DELETE", "credentials/absent?purge=true", null, HttpStatusCode.NotFound, "credential.purge", "failure", "absent", "not-found" },
            { "GET", "credentials/absent/versions", null, HttpStatusCode.NotFound, "credential.version.list", "failure", "absent", "not-found" },
            { "GET", $"credentials/absent/versions/{AVersion}", null, HttpStatusCode.NotFound, "credential.version.read", "failure", "absent", "not-found" },
            {
                "POST",
                $"credentials/absent/versions/{AVersion}/restore",
                null,
                HttpStatusCode.NotFound,
                "credential.restore",
                "failure",
                "absent",
                "not-found"
            },
            { "POST", "credentials/absent/undelete", null, HttpStatusCode.NotFound, "credential.undelete", "failure", "absent", "not-found" },
            { "POST", "credentials/absent/refresh", null, HttpStatusCode.NotFound, "credential.refresh", "failure", "absent", "not-found" },
            { "GET", "overview", null, HttpStatusCode.OK, "overview.read", "success", null, null },
            { "GET", "audit?limit=1", null, HttpStatusCode.OK, "audit.list", "success", null, null },
            { "GET", "audit?limit=x", null, HttpStatusCode.BadRequest, "audit.list", "failure", null, "invalid-request" },
            { "GET", "servers", null, HttpStatusCode.OK, "server.list", "success", null, null },
            { "GET", "audit/counts", null, HttpStatusCode.OK, "audit.count", "success", null, null },
            { "GET", "audit/counts?by=x", null, HttpStatusCode.BadRequest, "audit.count", "failure", null, "invalid-request" },
            { "GET", "audit/verify", null, HttpStatusCode.OK, "audit.verify", "success", null, null },
        };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_leaves_one_entry_with_all_known_facts(
        string method,
        string path,
        string? body,
        HttpStatusCode status,
        string action,
        string outcome,
        string? target,
        string? reason
    )
    {
        var key = await Admin.CreateKeyAsync(name: "auditor", read: ["*"], write: ["*"], grant: ["*"]);
        using var client = Admin.With(key.Secret);
        var mark = Guid.NewGuid().ToString("n");

        var answer = await SendAsync(client, method, path, body, mark);

        answer.Is(status);
        var entry = await FindAsync(mark);
        Assert.Equal((action, outcome, reason is null), (Text(entry, "action"), Text(entry, "outcome"), Text(entry, "reason") is null));
        Assert.StartsWith(reason ?? "", Text(entry, "reason") ?? "", StringComparison.Ordinal);
        Assert.Equal((key.Id, "auditor", "127.0.0.1"), (Text(entry, "keyId"), Text(entry, "keyName"), Text(entry, "clientAddress")));
        Assert.StartsWith(target ?? "", Text(entry, "target") ?? "", StringComparison.Ordinal);
        Assert.Equal(target is null, Text(entry, "target") is null);
        Assert.False(string.IsNullOrEmpty(Text(entry, "requestId")));
        Assert.Matches("^[0-9a-f]{32}$", Text(entry, "traceId"));
        if (answer.Status >= HttpStatusCode.BadRequest)
        {
            Assert.Equal(Text(entry, "traceId"), answer.Json.GetProperty("traceId").GetString());
        }
    }

    [Theory]
    [InlineData("POST", "keys", """{"name":"n","readAccess":["*"]}""", "key.create")]
    [InlineData("GET", "keys", null, "key.list")]
    [InlineData("GET", $"keys/{AKey}", null, "key.read")]
    [InlineData("PATCH", $"keys/{AKey}", """{"name":"n"}""", "key.update")]
    [InlineData("DELETE", $"keys/{AKey}", null, "key.delete")]
    [InlineData("PUT", "credentials/audited", """{"type":"api-key","data":{}}""", "credential.put")]
    [InlineData("GET", "credentials/audited", null, "credential.read")]
    [InlineData("DELETE", "credentials/audited", null, "credential.delete")]
    [InlineData("DELETE", "credentials/audited?purge=true", null, "credential.purge")]
    [InlineData("GET", "credentials/audited/versions", null, "credential.version.list")]
    [InlineData("GET", $"credentials/audited/versions/{AVersion}", null, "credential.version.read")]
    [InlineData("POST", $"credentials/audited/versions/{AVersion}/restore", null, "credential.restore")]
    [InlineData("POST", "credentials/audited/undelete", null, "credential.undelete")]
    [InlineData("POST", "credentials/audited/refresh", null, "credential.refresh")]
    [InlineData("GET", "audit", null, "audit.list")]
    [InlineData("GET", "servers", null, "server.list")]
    [InlineData("GET", "audit/counts", null, "audit.count")]
    [InlineData("GET", "audit/verify", null, "audit.verify")]
    public async Task A_refused_or_unauthenticated_call_leaves_one_entry_with_its_reason(string method, string path, string? body, string action)
    {
        var key = await Admin.CreateKeyAsync(name: "weak");
        using var weak = Admin.With(key.Secret);
        using var anonymous = vault.Anonymous();
        using var unknown = vault.Server.Client(ApiKeySecret.Create().Reveal());
        string[] marks = [Guid.NewGuid().ToString("n"), Guid.NewGuid().ToString("n"), Guid.NewGuid().ToString("n")];

        (await SendAsync(weak, method, path, body, marks[0])).Is(HttpStatusCode.Forbidden);
        (await SendAsync(anonymous, method, path, body, marks[1])).Is(HttpStatusCode.Unauthorized);
        (await SendAsync(unknown, method, path, body, marks[2])).Is(HttpStatusCode.Unauthorized);

        var refusal = await FindAsync(marks[0]);
        Assert.Equal((action, "denied", key.Id), (Text(refusal, "action"), Text(refusal, "outcome"), Text(refusal, "keyId")));
        Assert.False(string.IsNullOrEmpty(Text(refusal, "reason")));
        Assert.Equal(("authenticate", "denied", "no API key was sent"), Facts(await FindAsync(marks[1])));
        Assert.Equal(("authenticate", "denied", "the API key is not known"), Facts(await FindAsync(marks[2])));

        static (string?, string?, string?) Facts(JsonElement entry) => (Text(entry, "action"), Text(entry, "outcome"), Text(entry, "reason"));
    }

    [Fact]
    public async Task A_first_start_leaves_entries_of_the_migration_the_start_and_the_bootstrap()
    {
        var entries = (await Admin.GetAsync("audit?until=2100-01-01T00:00:00Z&limit=1000")).Json.GetProperty("entries").EnumerateArray().ToList();
        if (entries.Count == 1000)
        {
            entries = [.. Lines(await vault.ExportAsync(""))];
        }

        Assert.Equal(
            ["schema.migrate", "server.start", "bootstrap"],
            entries.AsEnumerable().Reverse().Take(3).Select(static entry => Text(entry, "action"))
        );
    }

    [Fact]
    public async Task The_last_use_of_a_key_is_shown_and_kept()
    {
        var key = await Admin.CreateKeyAsync(name: "used");
        using var client = Admin.With(key.Secret);
        Assert.False((await Admin.GetAsync($"keys/{key.Id}")).Json.TryGetProperty("lastUsedAt", out _));
        var before = DateTimeOffset.UtcNow.AddSeconds(-1);

        (await client.GetAsync("credentials")).Is(HttpStatusCode.OK);

        Assert.InRange(
            (await Admin.GetAsync($"keys/{key.Id}")).Json.GetProperty("lastUsedAt").GetDateTimeOffset(),
            before,
            DateTimeOffset.UtcNow.AddSeconds(1)
        );
    }

    private static Task<Answer> SendAsync(VaultClient client, string method, string path, string? body, string mark) =>
        client.SendAsync(HttpMethod.Parse(method), path, body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"), headers =>
            headers.TryAddWithoutValidation("User-Agent", mark)
        );

    private async Task<JsonElement> FindAsync(string mark) =>
        Assert.Single(await Admin.AllEntriesAsync("since=2020-01-01T00:00:00Z", 1000), entry => Text(entry, "userAgent") == mark);
}
