using System.Diagnostics;
using System.Net;
using System.Text;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Http;

/// <summary>A malformed, deep or long body is answered with 400 in bounded time and never causes a server error.</summary>
public sealed class MalformedBodyServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private const string Json = "application/json";

    private VaultClient Admin => vault.Admin;

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
        foreach (
            var (method, path) in new[] { (HttpMethod.Put, "credentials/malformed"), (HttpMethod.Post, "keys"), (HttpMethod.Patch, "keys/k_0123456789ab") }
        )
        {
            (await Admin.SendAsync(method, path, RawBody.Of(Encoding.UTF8.GetBytes(body), Json))).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
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
        (await Admin.SendAsync(HttpMethod.Put, "credentials/not-utf8", RawBody.Of(Convert.FromHexString(hex), Json))).IsProblem(
            HttpStatusCode.BadRequest,
            "invalid-request"
        );
    }

    [Fact]
    public async Task Unknown_members_are_ignored()
    {
        (await Admin.PutAsync("credentials/unknown-members", """{"type":"api-key","data":{},"unknown":{"x":[1,2]},"Type":7,"\ud83d\udd11":null}""")).Is(
            HttpStatusCode.Created
        );
    }

    [Theory]
    [InlineData("""{"type":"api-key","data":{},"\ud800":1}""")]
    [InlineData("""{"type":"api-key","data":{},"\ud800":1,"\ud800":2}""")]
    public async Task A_member_name_of_invalid_Unicode_causes_no_server_error(string body)
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
            (await Admin.SendAsync(method, path, RawBody.Of(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(opening, 10_000))), Json))).IsProblem(
                HttpStatusCode.BadRequest,
                "invalid-request"
            );
        }

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
    }

    [Fact]
    public async Task Data_nested_to_the_limit_of_64_levels_comes_back()
    {
        // The body itself is the first of the 64 levels.
        var fits = string.Concat(Enumerable.Repeat("{\"a\":", 63)) + "1" + new string('}', 63);
        (await Admin.PutCredentialAsync("deepest", fits)).Is(HttpStatusCode.Created);
        Assert.Contains(fits, (await Admin.GetAsync("credentials/deepest")).Text, StringComparison.Ordinal);
        (await Admin.PutCredentialAsync("deepest", "{\"a\":" + fits + "}")).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
    }

    public static TheoryData<string> Many =>
        new()
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
    public async Task A_body_of_100000_elements_is_400_and_costs_little(string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var before = vault.Server.ResidentBytes;
        var clock = Stopwatch.StartNew();

        for (var i = 0; i < 5; i++)
        {
            (await Admin.SendAsync(HttpMethod.Put, "credentials/many", RawBody.Of(bytes, Json))).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
            (await Admin.SendAsync(HttpMethod.Post, "keys", RawBody.Of(bytes, Json))).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        }

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{clock.Elapsed}");
        Assert.True(vault.Server.ResidentBytes - before < 256 << 20, $"{(vault.Server.ResidentBytes - before) >> 20} MiB");
    }

    [Fact]
    public async Task The_server_logs_no_error_for_a_malformed_body()
    {
        (await Admin.PutAsync("credentials/logged", "{")).IsProblem(HttpStatusCode.BadRequest, "invalid-request");

        Assert.DoesNotContain(vault.Server.Output, static line =>
            line.Contains("\"@l\":\"Error\"", StringComparison.Ordinal) || line.Contains("\"@x\"", StringComparison.Ordinal)
        );
    }
}
