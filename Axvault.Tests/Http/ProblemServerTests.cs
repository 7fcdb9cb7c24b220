using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Http;

/// <summary>Every wrong request is answered with problem details and never causes a server error.</summary>
public sealed class ProblemServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private const string Json = "application/json";

    private VaultClient Admin => vault.Admin;

    [Theory]
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
    public async Task A_secret_in_place_of_a_name_is_not_repeated(string method, string path)
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
    [InlineData("POST", "credentials/a", "DELETE, GET, PATCH, PUT")]
    [InlineData("OPTIONS", "credentials/a", "DELETE, GET, PATCH, PUT")]
    [InlineData("TRACE", "credentials/a", "DELETE, GET, PATCH, PUT")]
    [InlineData("PROPFIND", "credentials/a", "DELETE, GET, PATCH, PUT")]
    public async Task An_unsupported_method_is_405_and_Allow_lists_the_supported_ones(string method, string path, string allow)
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
    public async Task A_body_of_another_content_type_is_415(string method, string path, string? contentType)
    {
        var answer = await Admin.SendAsync(HttpMethod.Parse(method), path, RawBody.Of("""{"name":"x","type":"api-key","data":{}}"""u8.ToArray(), contentType));

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
    public async Task A_JSON_content_type_is_accepted_in_all_its_spellings(string contentType)
    {
        (await Admin.SendAsync(HttpMethod.Put, "credentials/typed", RawBody.Of("""{"type":"api-key","data":{}}"""u8.ToArray(), contentType))).Is(
            HttpStatusCode.Created
        );
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
        var answer = await Admin.SendAsync(HttpMethod.Put, "credentials/charset", RawBody.Of("""{"type":"api-key","data":{}}"""u8.ToArray(), contentType));

        answer.IsProblem(HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("text/plain;q=0.9, */*;q=0.1")]
    [InlineData("image/png")]
    [InlineData("nonsense")]
    public async Task A_problem_is_problem_json_for_every_Accept_header(string accept)
    {
        using var anonymous = vault.Anonymous();

        (await AcceptAsync(anonymous, HttpMethod.Get, "credentials")).IsUnauthorized();
        (await AcceptAsync(Admin, HttpMethod.Get, "unknown")).IsNotFound();
        (await AcceptAsync(Admin, HttpMethod.Get, "credentials/absent")).IsNotFound();
        (await AcceptAsync(Admin, HttpMethod.Post, "credentials/absent")).IsProblem(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        (await AcceptAsync(Admin, HttpMethod.Put, "credentials/a", RawBody.Of("{"u8.ToArray(), Json))).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        (await AcceptAsync(Admin, HttpMethod.Put, "credentials/a", RawBody.Of("{"u8.ToArray(), "text/plain"))).IsProblem(
            HttpStatusCode.UnsupportedMediaType,
            "unsupported-media-type"
        );

        Task<Answer> AcceptAsync(VaultClient client, HttpMethod method, string path, HttpContent? content = null) =>
            client.SendAsync(method, path, content, headers => headers.TryAddWithoutValidation("Accept", accept));
    }

    [Fact]
    public async Task A_problem_never_repeats_the_body()
    {
        foreach (
            var body in new[]
            {
                """{"type":"api-key","data":{"token":"canary-4711"},"notes":7}""",
                """{"type":"api-key","data":{"token":"canary-4711" "x"}}""",
                """{"canary-4711":1,"type":"api-key","type":"canary-4711","data":{}}""",
                """{"type":"canary-4711","data":{}}""",
                """{"type":"api-key","data":{"canary-4711":{"a":1,"a":2}}}""",
                """{"type":"api-key","data":["canary-4711"]}""",
                """{"type":"api-key","data":{},"expiresAt":"canary-4711"}""",
                """{"type":"api-key","data":{},"agent":"canary-4711\u0000"}""",
            }
        )
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
    public async Task The_server_logs_no_error_for_a_wrong_request()
    {
        (await Admin.PutAsync("credentials/logged", "{")).IsProblem(HttpStatusCode.BadRequest, "invalid-request");

        Assert.DoesNotContain(vault.Server.Output, static line =>
            line.Contains("\"@l\":\"Error\"", StringComparison.Ordinal) || line.Contains("\"@x\"", StringComparison.Ordinal)
        );
    }
}
