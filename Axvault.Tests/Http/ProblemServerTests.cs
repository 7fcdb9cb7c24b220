using System.Diagnostics;
using System.Net;
using System.Text;
using Axvault.Tests.Server;

namespace Axvault.Tests.Http;

/// <summary>Whatever is wrong with a request is told as problem details, in bounded time, and never as a fault of the server.</summary>
public sealed class ProblemServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private const string Json = "application/json";

    private VaultClient Admin => vault.Admin;

    [Theory]
    [InlineData("/")]
    [InlineData("/api")]
    [InlineData("/api/v1")]
    [InlineData("/api/v1/")]
    [InlineData("/api/v2/health")]
    [InlineData("/api/v1/unknown")]
    [InlineData("/api/v1/keys/a/b")]
    [InlineData("/api/v1/credentials/a/b")]
    [InlineData("/api/v1/healthy")]
    [InlineData("/favicon.ico")]
    [InlineData("/.env")]
    [InlineData("/api/v1/../../etc/passwd")]
    public async Task An_unknown_path_is_404(string path)
    {
        using var anonymous = vault.Anonymous();

        (await Admin.GetAsync(path)).IsNotFound();
        (await anonymous.GetAsync(path)).IsNotFound();
    }

    [Theory]
    [InlineData("GET", "credentials/{0}")]
    [InlineData("DELETE", "credentials/{0}")]
    [InlineData("POST", "credentials/{0}/refresh")]
    [InlineData("GET", "keys/{0}")]
    [InlineData("GET", "unknown/{0}")]
    public async Task A_secret_where_a_name_belongs_is_not_repeated(string method, string path)
    {
        var secret = (await Admin.CreateKeyAsync()).Secret;

        var answer = await Admin.SendAsync(new HttpMethod(method), path.Replace("{0}", secret, StringComparison.Ordinal));

        answer.IsNotFound();
        Assert.DoesNotContain(secret["axv_sk_".Length..], answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "health", "GET, HEAD")]
    [InlineData("PUT", "keys", "GET, POST")]
    [InlineData("DELETE", "keys", "GET, POST")]
    [InlineData("POST", "keys/k_0123456789ab", "DELETE, GET, PATCH")]
    [InlineData("PUT", "keys/k_0123456789ab", "DELETE, GET, PATCH")]
    [InlineData("POST", "credentials", "GET")]
    [InlineData("PATCH", "credentials/a", "DELETE, GET, PUT")]
    [InlineData("POST", "credentials/a", "DELETE, GET, PUT")]
    [InlineData("OPTIONS", "credentials/a", "DELETE, GET, PUT")]
    [InlineData("TRACE", "credentials/a", "DELETE, GET, PUT")]
    [InlineData("PROPFIND", "credentials/a", "DELETE, GET, PUT")]
    public async Task A_method_that_a_path_does_not_take_is_405_and_says_which_it_takes(string method, string path, string allow)
    {
        var answer = await Admin.SendAsync(new HttpMethod(method), path);

        answer.IsProblem(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        Assert.Equal(allow, string.Join(", ", answer.Headers["Allow"].Split(", ").Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("PUT", "credentials/a", "text/plain")]
    [InlineData("PUT", "credentials/a", "application/x-www-form-urlencoded")]
    [InlineData("PUT", "credentials/a", "multipart/form-data; boundary=x")]
    [InlineData("PUT", "credentials/a", "application/jsonp")]
    [InlineData("PUT", "credentials/a", "text/json")]
    [InlineData("PUT", "credentials/a", null)]
    [InlineData("POST", "keys", "application/xml")]
    [InlineData("POST", "keys", null)]
    [InlineData("PATCH", "keys/k_0123456789ab", "text/plain")]
    [InlineData("PATCH", "keys/k_0123456789ab", null)]
    public async Task A_body_of_another_type_is_415(string method, string path, string? contentType)
    {
        var answer = await Admin.SendAsync(HttpMethod.Parse(method), path, Body("""{"name":"x","type":"api-key","data":{}}"""u8.ToArray(), contentType));

        answer.IsProblem(HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json; charset=\"UTF-8\"")]
    [InlineData("application/json; charset=utf-8; charset=utf-8")]
    [InlineData("application/json; charset=utf-8; CHARSET=\"utf-8\"; x=y")]
    [InlineData("APPLICATION/JSON")]
    [InlineData("application/vnd.axvault+json")]
    public async Task A_body_of_JSON_may_say_so_in_other_ways(string contentType)
    {
        (await Admin.SendAsync(HttpMethod.Put, "credentials/typed", Body("""{"type":"api-key","data":{}}"""u8.ToArray(), contentType))).Is(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("application/json; charset=klingon")]
    [InlineData("application/json; charset=utf-7")]
    [InlineData("application/json; charset=")]
    [InlineData("application/json; charset=ibm037")]
    [InlineData("application/json; charset=iso-8859-1")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=\"")]
    [InlineData("application/json; charset=utf-8; charset=bogus")]
    [InlineData("application/json; charset=utf-8; charset=utf-7")]
    [InlineData("application/json; charset=bogus; charset=utf-8")]
    [InlineData("application/json; charset=utf-8; charset")]
    public async Task A_body_in_another_charset_than_UTF_8_is_415(string contentType)
    {
        var answer = await Admin.SendAsync(HttpMethod.Put, "credentials/charset", Body("""{"type":"api-key","data":{}}"""u8.ToArray(), contentType));

        answer.IsProblem(HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");
    }

    public static TheoryData<string> Malformed =>
    [
        "",
        " ",
        "{",
        "}",
        "{}}",
        "[]",
        "[1]",
        "null",
        "true",
        "7",
        "\"text\"",
        "{\"type\"}",
        "{\"type\":}",
        "{\"type\":\"api-key\",}",
        "{'type':'api-key'}",
        "{type:1}",
        "{\"type\":\"api-key\"",
        "{\"type\":\"api-key\",\"data\":{}} x",
        "{\"type\":\"api-key\",\"data\":{}}{}",
        "{\"type\":\"api-key\",\"data\":{},//\n\"notes\":\"x\"}",
        "{\"type\":\"api-key\",\"data\":{\"a\":NaN}}",
        "{\"type\":\"api-key\",\"data\":{\"a\":01}}",
        "{\"type\":\"api-key\",\"data\":{\"a\":+1}}",
        "{\"type\":\"api-key\",\"data\":{\"a\":1e}}",
        "{\"type\":\"api-key\",\"data\":{\"a\":\"\n\"}}",
        "{\"type\":\"api-key\",\"data\":{\"a\":\"\\x\"}}",
        "{\"type\":\"api-key\",\"data\":{\"a\":\"\\u12\"}}",
        "{\"type\":\"api-key\",\"data\":{\"a\":\"\0\"}}",
        "\0",
        "{\"type\":\"api-key\",\"data\":{}}\0",
        "\ufeff{",
        "{\"type\":\"\\ud800\",\"data\":{}}",
        "{\"type\":\"api-key\",\"data\":{},\"notes\":\"\\ud800\"}",
        "{\"type\":\"api-key\",\"data\":{},\"agent\":\"\\udc00\\ud800\"}",
        "{\"name\":\"\\ud800\"}",
        "{\"name\":\"x\",\"readAccess\":[\"\\ud800\"]}",
        "{\"name\":\"a\",\"name\":\"b\",\"type\":1}",
        "{\"type\":\"api-key\",\"type\":\"api-key\",\"data\":{},\"name\":1}",
        "{\"type\":\"api-key\",\"data\":{},\"data\":{},\"name\":1}",
        "{\"type\":1e400,\"name\":1e400}",
        "{\"type\":99999999999999999999999999,\"name\":99999999999999999999999999}",
        "{\"expiresAt\":{},\"name\":{}}",
        "PK\u0003\u0004",
        "<xml/>",
    ];

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task A_malformed_body_is_400_for_every_call_that_takes_one(string body)
    {
        foreach (var (method, path) in new[] { (HttpMethod.Put, "credentials/malformed"), (HttpMethod.Post, "keys"), (HttpMethod.Patch, "keys/k_0123456789ab") })
        {
            (await Admin.SendAsync(method, path, Body(Encoding.UTF8.GetBytes(body), Json))).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        }

        (await Admin.GetAsync("credentials/malformed")).IsNotFound();
    }

    [Theory]
    [InlineData("FF")]
    [InlineData("7B22747970652265FF7D")]
    [InlineData("7B2274797065223A22C3227D")]
    [InlineData("7B2274797065223A22EDA080227D")]
    [InlineData("7B2274797065223A22C080227D")]
    [InlineData("7B22646174612" + "23A7B2261223A22FF227D2C2274797065223A226170692D6B6579227D")]
    public async Task A_body_that_is_not_UTF_8_is_400(string hex)
    {
        (await Admin.SendAsync(HttpMethod.Put, "credentials/not-utf8", Body(Convert.FromHexString(hex), Json))).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
    }

    [Fact]
    public async Task Members_that_are_unknown_are_ignored()
    {
        (await Admin.PutAsync("credentials/unknown-members", """{"type":"api-key","data":{},"unknown":{"x":[1,2]},"Type":7,"\ud83d\udd11":null}""")).Is(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("""{"type":"api-key","data":{},"\ud800":1}""")]
    [InlineData("""{"type":"api-key","data":{},"\ud800":1,"\ud800":2}""")]
    public async Task A_member_whose_name_is_no_text_is_never_a_fault(string body)
    {
        var answer = await Admin.PutAsync("credentials/no-text", body);

        Assert.True(answer.Status is HttpStatusCode.Created or HttpStatusCode.BadRequest, $"{answer.Status} {answer.Text}");
    }

    public static TheoryData<string> Deep => ["[", "{\"a\":", "{\"data\":", "[{\"a\":", "{\"data\":{\"a\":[", "{\"type\":\"api-key\",\"data\":"];

    [Theory]
    [MemberData(nameof(Deep))]
    public async Task A_body_10000_levels_deep_is_400_at_once(string opening)
    {
        var clock = Stopwatch.StartNew();
        foreach (var (method, path) in new[] { (HttpMethod.Put, "credentials/deep"), (HttpMethod.Post, "keys"), (HttpMethod.Patch, "keys/k_0123456789ab") })
        {
            (await Admin.SendAsync(method, path, Body(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(opening, 10_000))), Json))).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        }

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
    }

    [Fact]
    public async Task Data_as_deep_as_a_body_may_be_comes_back()
    {
        // The body itself is the first of 64 levels.
        var fits = string.Concat(Enumerable.Repeat("{\"a\":", 63)) + "1" + new string('}', 63);
        (await Admin.PutCredentialAsync("deepest", fits)).Is(HttpStatusCode.Created);
        Assert.Contains(fits, (await Admin.GetAsync("credentials/deepest")).Text, StringComparison.Ordinal);
        (await Admin.PutCredentialAsync("deepest", "{\"a\":" + fits + "}")).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
    }

    public static TheoryData<string> Many => new()
    {
        "{\"type\":\"api-key\",\"data\":{\"a\":[" + string.Join(',', Enumerable.Repeat("\"\"", 100_000)) + "]}}",
        "{\"type\":\"api-key\",\"data\":{" + string.Join(',', Enumerable.Range(0, 100_000).Select(static i => $"\"{i:x}\":0")) + "}}",
        "{\"name\":\"x\",\"readAccess\":[" + string.Join(',', Enumerable.Repeat("\"a\"", 100_000)) + "]}",
        "{\"name\":\"x\",\"readAccess\":[" + string.Join(',', Enumerable.Repeat("null", 100_000)) + "]}",
        "{" + string.Join(',', Enumerable.Range(0, 90_000).Select(static i => $"\"{i:x}\":0")) + "}",
        "[" + string.Join(',', Enumerable.Repeat("[]", 100_000)) + "]",
        "{\"type\":\"" + new string('t', 1_000_000) + "\",\"name\":\"" + new string('n', 40_000) + "\"}",
        "{\"name\":" + new string('9', 1_000_000) + ",\"type\":1}",
    };

    [Theory]
    [MemberData(nameof(Many), DisableDiscoveryEnumeration = true)]
    public async Task A_body_of_100000_pieces_is_400_and_costs_little(string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var before = vault.Server.ResidentBytes;
        var clock = Stopwatch.StartNew();

        for (var i = 0; i < 5; i++)
        {
            (await Admin.SendAsync(HttpMethod.Put, "credentials/many", Body(bytes, Json))).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
            (await Admin.SendAsync(HttpMethod.Post, "keys", Body(bytes, Json))).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        }

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{clock.Elapsed}");
        Assert.True(vault.Server.ResidentBytes - before < 256 << 20, $"{(vault.Server.ResidentBytes - before) >> 20} MiB");
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("text/plain;q=0.9, */*;q=0.1")]
    [InlineData("image/png")]
    [InlineData("nonsense")]
    public async Task A_problem_is_problem_json_whatever_the_client_accepts(string accept)
    {
        using var anonymous = vault.Anonymous();

        (await AcceptAsync(anonymous, HttpMethod.Get, "credentials")).IsUnauthorized();
        (await AcceptAsync(Admin, HttpMethod.Get, "unknown")).IsNotFound();
        (await AcceptAsync(Admin, HttpMethod.Get, "credentials/absent")).IsNotFound();
        (await AcceptAsync(Admin, HttpMethod.Post, "credentials/absent")).IsProblem(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        (await AcceptAsync(Admin, HttpMethod.Put, "credentials/a", Body("{"u8.ToArray(), Json))).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        (await AcceptAsync(Admin, HttpMethod.Put, "credentials/a", Body("{"u8.ToArray(), "text/plain"))).IsProblem(HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");

        Task<Answer> AcceptAsync(VaultClient client, HttpMethod method, string path, HttpContent? content = null) =>
            client.SendAsync(method, path, content, headers => headers.TryAddWithoutValidation("Accept", accept));
    }

    [Fact]
    public async Task A_problem_never_repeats_what_the_body_held()
    {
        foreach (var body in new[]
        {
            """{"type":"api-key","data":{"token":"canary-4711"},"notes":7}""",
            """{"type":"api-key","data":{"token":"canary-4711" "x"}}""",
            """{"canary-4711":1,"type":"api-key","type":"canary-4711","data":{}}""",
            """{"type":"canary-4711","data":{}}""",
            """{"type":"api-key","data":{"canary-4711":{"a":1,"a":2}}}""",
            """{"type":"api-key","data":["canary-4711"]}""",
            """{"type":"api-key","data":{},"expiresAt":"canary-4711"}""",
            """{"type":"api-key","data":{},"agent":"canary-4711\u0000"}""",
        })
        {
            var answer = await Admin.PutAsync("credentials/canary", body);
            answer.IsProblem(HttpStatusCode.BadRequest, "invalid-request");
            Assert.DoesNotContain("canary-4711", answer.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task No_answer_names_the_server_software()
    {
        foreach (var path in new[] { "health", "credentials", "unknown" })
        {
            var answer = await Admin.GetAsync(path);
            Assert.DoesNotContain("Server", answer.Headers.Keys);
            Assert.DoesNotContain("X-Powered-By", answer.Headers.Keys);
        }
    }

    [Fact]
    public async Task The_servers_log_has_no_fault_after_all_of_this()
    {
        (await Admin.PutAsync("credentials/logged", "{")).IsProblem(HttpStatusCode.BadRequest, "invalid-request");

        Assert.DoesNotContain(vault.Server.Output, static line => line.Contains("\"@l\":\"Error\"", StringComparison.Ordinal) || line.Contains("\"@x\"", StringComparison.Ordinal));
    }

    private static ByteArrayContent Body(byte[] bytes, string? contentType)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = null;
        if (contentType is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        return content;
    }
}
