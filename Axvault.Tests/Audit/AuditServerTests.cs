using System.Net;
using System.Text;
using System.Text.Json;
using Axvault.Api.Keys;
using Axvault.Tests.Server;

namespace Axvault.Tests.Audit;

/// <summary>Every authenticated call and every refused one leaves one entry, and only a key that grants everything reads them.</summary>
public sealed class AuditServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private const string AKey = "k_0123456789ab";
    private const string AVersion = "00000000-0000-7000-8000-000000000000";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    private VaultClient Admin => vault.Admin;

    /// <summary>Method, path, body, status; action, outcome, target, reason.</summary>
    public static TheoryData<string, string, string?, HttpStatusCode, string, string, string?, string?> Calls => new()
    {
        { "POST", "keys", """{"name":"n"}""", HttpStatusCode.Created, "key.create", "success", "k_", null },
        { "POST", "keys", """{"name":""}""", HttpStatusCode.BadRequest, "key.create", "failure", null, "invalid-request" },
        { "POST", "keys", """{"name":""", HttpStatusCode.BadRequest, "key.create", "failure", null, "invalid-request" },
        { "GET", "keys", null, HttpStatusCode.OK, "key.list", "success", null, null },
        { "GET", $"keys/{AKey}", null, HttpStatusCode.NotFound, "key.read", "failure", AKey, "not-found" },
        { "PATCH", $"keys/{AKey}", """{"name":"n"}""", HttpStatusCode.NotFound, "key.update", "failure", AKey, "not-found" },
        { "DELETE", $"keys/{AKey}", null, HttpStatusCode.NotFound, "key.delete", "failure", AKey, "not-found" },
        { "DELETE", "keys/axv_sk_in-the-wrong-place", null, HttpStatusCode.NotFound, "key.delete", "failure", null, "not-found" },
        { "PUT", "credentials/audited", """{"type":"api-key","data":{}}""", HttpStatusCode.Created, "credential.put", "success", "audited", null },
        { "PUT", "credentials/audited", """{"type":"none","data":{}}""", HttpStatusCode.BadRequest, "credential.put", "failure", "audited", "invalid-request" },
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
        { "POST", $"credentials/absent/versions/{AVersion}/restore", null, HttpStatusCode.NotFound, "credential.restore", "failure", "absent", "not-found" },
        { "POST", "credentials/absent/undelete", null, HttpStatusCode.NotFound, "credential.undelete", "failure", "absent", "not-found" },
        { "POST", "credentials/absent/refresh", null, HttpStatusCode.NotFound, "credential.refresh", "failure", "absent", "not-found" },
        { "GET", "audit?limit=1", null, HttpStatusCode.OK, "audit.list", "success", null, null },
        { "GET", "audit?limit=x", null, HttpStatusCode.BadRequest, "audit.list", "failure", null, "invalid-request" },
        { "GET", "audit/verify", null, HttpStatusCode.OK, "audit.verify", "success", null, null },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_leaves_one_entry_with_all_that_is_known(
        string method, string path, string? body, HttpStatusCode status, string action, string outcome, string? target, string? reason)
    {
        var key = await Admin.CreateKeyAsync(name: "auditor", read: ["*"], write: ["*"], grant: ["*"]);
        using var client = Admin.With(key.Secret);
        var mark = Guid.NewGuid().ToString("n");

        var answer = await SendAsync(client, method, path, body, mark);

        answer.Is(status);
        var entry = await FindAsync(mark);
        Assert.Equal((action, outcome, reason), (Text(entry, "action"), Text(entry, "outcome"), Text(entry, "reason")));
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
    [InlineData("GET", "audit/verify", null, "audit.verify")]
    public async Task A_refusal_leaves_one_entry_with_its_reason_and_so_does_a_stranger(string method, string path, string? body, string action)
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
    public async Task A_start_leaves_its_migration_itself_and_the_first_key()
    {
        var entries = (await Admin.GetAsync("audit?until=2100-01-01T00:00:00Z&limit=1000")).Json.GetProperty("entries").EnumerateArray().ToList();
        if (entries.Count == 1000)
        {
            entries = [.. Lines(await ExportAsync(""))];
        }

        Assert.Equal(
            ["schema.migrate", "server.start", "bootstrap"],
            entries.OrderBy(static entry => entry.GetProperty("sequence").GetInt64()).Take(3).Select(static entry => Text(entry, "action")));
    }

    [Fact]
    public async Task Filters_narrow_the_list_and_the_cursor_goes_through_all_of_it_once()
    {
        var key = await Admin.CreateKeyAsync(name: "filtered", read: ["*"], write: ["*"]);
        using var client = Admin.With(key.Secret);
        (await client.PutCredentialAsync("filtered.1")).Is(HttpStatusCode.Created);
        for (var i = 0; i < 5; i++)
        {
            (await client.GetAsync("credentials/filtered.1")).Is(HttpStatusCode.OK);
        }

        (await client.GetAsync("credentials/filtered.2")).Is(HttpStatusCode.NotFound);
        (await client.GetAsync("keys")).Is(HttpStatusCode.Forbidden);

        Assert.Equal(9, (await AllAsync($"key={key.Id}", 2)).Count);
        Assert.Equal(6, (await AllAsync($"key={key.Id}&credential=filtered.1", 4)).Count);
        Assert.Equal(5, (await AllAsync($"key={key.Id}&action=credential.read&outcome=success", 5)).Count);
        Assert.Equal(["key.list"], (await AllAsync($"key={key.Id}&outcome=denied", 5)).Select(static entry => Text(entry, "action")));
        var all = await AllAsync($"key={key.Id}", 1000);
        var middle = all[4].GetProperty("at").GetString();
        Assert.All(await AllAsync($"key={key.Id}&since={middle}", 3), entry => Assert.True(string.CompareOrdinal(Text(entry, "at"), middle) >= 0));
        Assert.All(await AllAsync($"key={key.Id}&until={middle}", 3), entry => Assert.True(string.CompareOrdinal(Text(entry, "at"), middle) < 0));
        Assert.Equal(all.Count, (await AllAsync($"key={key.Id}&since={middle}", 3)).Count + (await AllAsync($"key={key.Id}&until={middle}", 3)).Count);
        Assert.Equal(all.Select(Sequence).OrderDescending(), all.Select(Sequence));
        Assert.Equal(all.Select(Sequence), Lines(await ExportAsync($"?key={key.Id}")).Select(Sequence));
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=", "limit")]
    [InlineData("since=yesterday", "since")]
    [InlineData("until=2026-01-01", "until")]
    [InlineData("action=drop", "action")]
    [InlineData("outcome=Denied", "outcome")]
    [InlineData("key=axv_sk_x", "key")]
    [InlineData("credential=../x", "credential")]
    [InlineData("cursor=1", "cursor")]
    [InlineData("cursor=99999999999999999999-1", "cursor")]
    [InlineData("key=k_0123456789ab&key=k_0123456789ab", "key")]
    public async Task A_wrong_filter_is_named(string query, string field)
    {
        var answer = await Admin.GetAsync($"audit?{query}");

        answer.IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        Assert.Contains(field, answer.Json.GetProperty("errors").EnumerateObject().Select(static error => error.Name));
    }

    [Fact]
    public async Task A_limit_above_the_greatest_is_cut_down_to_it() =>
        Assert.InRange((await Admin.GetAsync("audit?limit=99999999999999")).Is(HttpStatusCode.OK).Json.GetProperty("entries").GetArrayLength(), 1, 1000);

    [Fact]
    public async Task What_a_client_says_of_itself_is_cut_and_masked_and_never_refused()
    {
        var mark = Guid.NewGuid().ToString("n");
        var answer = await RawHttp.ExchangeAsync(
            vault.Server.Address,
            Encoding.Latin1.GetBytes($"GET /api/v1/credentials HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {Admin.Secret}\r\nUser-Agent: {mark}\u001b[31m\a {Admin.Secret} {new string('a', 4000)}\r\n\r\n"));

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        var agent = Text(Assert.Single(await AllAsync("action=credential.list", 1000), entry => Text(entry, "userAgent")?.StartsWith(mark, StringComparison.Ordinal) is true), "userAgent")!;
        Assert.StartsWith($"{mark}?[31m? axv_sk_… aaaa", agent, StringComparison.Ordinal);
        Assert.Equal(256, agent.Length);
    }

    [Fact]
    public async Task The_last_use_of_a_key_is_shown_and_kept()
    {
        var key = await Admin.CreateKeyAsync(name: "used");
        using var client = Admin.With(key.Secret);
        Assert.False((await Admin.GetAsync($"keys/{key.Id}")).Json.TryGetProperty("lastUsedAt", out _));
        var before = DateTimeOffset.UtcNow.AddSeconds(-1);

        (await client.GetAsync("credentials")).Is(HttpStatusCode.OK);

        Assert.InRange((await Admin.GetAsync($"keys/{key.Id}")).Json.GetProperty("lastUsedAt").GetDateTimeOffset(), before, DateTimeOffset.UtcNow.AddSeconds(1));
    }

    [Fact]
    public async Task No_entry_holds_a_secret_or_the_hash_of_one_or_what_a_credential_holds()
    {
        var key = await Admin.CreateKeyAsync(read: ["*"], write: ["*"]);
        using var client = Admin.With(key.Secret);
        (await client.PutCredentialAsync("secretive", """{"token":"a-value-that-nobody-may-see"}""")).Is(HttpStatusCode.Created);
        (await client.GetAsync("credentials/secretive")).Is(HttpStatusCode.OK);
        (await client.GetAsync($"credentials/{key.Secret}")).Is(HttpStatusCode.NotFound);
        (await client.GetAsync($"keys/{key.Secret}?x={key.Secret}")).Is(HttpStatusCode.Forbidden);

        var export = await ExportAsync("");

        Assert.DoesNotContain(key.Secret[7..], export, StringComparison.Ordinal);
        Assert.DoesNotContain("nobody-may-see", export, StringComparison.Ordinal);
        Assert.True(ApiKeySecret.TryParse(key.Secret, out var secret));
        Assert.DoesNotContain(Convert.ToHexStringLower(secret.Hash()), export, StringComparison.Ordinal);
    }

    private static string? Text(JsonElement entry, string name) => entry.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static long Sequence(JsonElement entry) => entry.GetProperty("sequence").GetInt64();

    private static IEnumerable<JsonElement> Lines(string export) => export.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line =>
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    });

    private static Task<Answer> SendAsync(VaultClient client, string method, string path, string? body, string mark) => client.SendAsync(
        HttpMethod.Parse(method), path, body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"), headers => headers.TryAddWithoutValidation("User-Agent", mark));

    private async Task<string> ExportAsync(string query)
    {
        using var http = new HttpClient { BaseAddress = vault.Server.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/audit{query}");
        request.Headers.TryAddWithoutValidation("Accept", "application/x-ndjson");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Admin.Secret}");
        using var response = await http.SendAsync(request, CancellationToken);
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType!.MediaType);
        return await response.Content.ReadAsStringAsync(CancellationToken);
    }

    private async Task<JsonElement> FindAsync(string mark) =>
        Assert.Single(await AllAsync("since=2020-01-01T00:00:00Z", 1000), entry => Text(entry, "userAgent") == mark);

    private async Task<List<JsonElement>> AllAsync(string query, int limit)
    {
        var all = new List<JsonElement>();
        for (string? cursor = null; ;)
        {
            var page = (await Admin.GetAsync($"audit?{query}&limit={limit}{(cursor is null ? "" : $"&cursor={cursor}")}")).Is(HttpStatusCode.OK).Json;
            all.AddRange(page.GetProperty("entries").EnumerateArray());
            if (!page.TryGetProperty("nextCursor", out var next))
            {
                return all;
            }

            cursor = next.GetString();
        }
    }
}
