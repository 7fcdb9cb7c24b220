using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Axvault.Tests.Conventions;
using Axvault.Tests.Graph;
using Axvault.Tests.Refresh;
using Axvault.Tests.Server;

namespace Axvault.Tests.Reference;

/// <summary>The reference as a server serves it, and the server as the reference tells of it.</summary>
public sealed class ReferenceServerTests(RefreshFixture fixture, VaultGraph graph) : IClassFixture<RefreshFixture>
{
    private const string NoVersion = "00000000-0000-7000-8000-000000000000";

    // A fault cannot be had; a server without its database, and one with limits, are other tests'.
    private static readonly string[] Unforced = ["429", "500", "503", "default"];

    /// <summary>Every call and status that the document tells of.</summary>
    public static TheoryData<string, string> Told => [.. from call in Contract.Calls
                                                         from response in call.Call["responses"]!.AsObject()
                                                         where !Unforced.Contains(response.Key)
                                                         select ((string)call.Call["operationId"]!, response.Key)];

    private static ApiContract Contract => ApiContract.Committed;

    private RefreshLab Lab => fixture.Lab;

    [Fact]
    public async Task The_document_is_served_to_anyone()
    {
        using var anonymous = Lab.Servers[0].Client();

        var answer = await anonymous.GetAsync("/openapi/v1.json");

        Assert.Equal("application/json", answer.Is(HttpStatusCode.OK).ContentType);
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(SourceTree.Root, ApiContract.FileName), TestContext.Current.CancellationToken), answer.Text);
        Assert.Empty((await anonymous.SendAsync(HttpMethod.Head, "/openapi/v1.json")).Is(HttpStatusCode.OK).Bytes);
    }

    [Fact]
    public async Task The_page_is_served_to_anyone_and_allows_nothing_from_elsewhere()
    {
        using var anonymous = Lab.Servers[0].Client();

        Assert.Equal("docs/", (await anonymous.GetAsync("/docs")).Is(HttpStatusCode.Found).Headers["Location"]);
        var page = (await anonymous.GetAsync("/docs/")).Is(HttpStatusCode.OK);
        var policy = page.Headers["Content-Security-Policy"].Split("; ").Select(static directive => directive.Split(' ', 2)).ToDictionary(static directive => directive[0], static directive => directive[1]);

        Assert.Equal("text/html", page.ContentType);
        Assert.Contains("<title>Axvault API</title>", page.Text, StringComparison.Ordinal);
        Assert.Equal(("'none'", "'self'", "'none'"), (policy["default-src"], policy["connect-src"], policy["frame-ancestors"]));
        Assert.Matches("^'self' 'nonce-[0-9A-Za-z_-]{22,}'$", policy["script-src"]);
        Assert.NotEqual(page.Headers["Content-Security-Policy"], (await anonymous.GetAsync("/docs/")).Headers["Content-Security-Policy"]);
        Assert.DoesNotContain("://", page.Text.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.All(["/docs/scalar.js", "/docs/scalar.aspnetcore.js"], path => Assert.Contains($"\"{path["/docs/".Length..]}\"", page.Text, StringComparison.Ordinal));
        Assert.Equal("text/javascript", (await anonymous.GetAsync("/docs/scalar.js")).Is(HttpStatusCode.OK).ContentType);
        Assert.Equal("nosniff", (await anonymous.GetAsync("/docs/scalar.aspnetcore.js")).Is(HttpStatusCode.OK).Headers["X-Content-Type-Options"]);
    }

    [Theory]
    [InlineData("/docs/v1")]
    [InlineData("/docs/v2")]
    [InlineData("/docs/%3Cscript%3E")]
    [InlineData("/docs/v1/")]
    [InlineData("/openapi/v2.json")]
    [InlineData("/openapi")]
    [InlineData("/openapi/v1.yaml")]
    public async Task There_is_one_document_and_one_page(string path)
    {
        using var anonymous = Lab.Servers[0].Client();

        (await anonymous.GetAsync(path)).IsNotFound();
    }

    [Fact]
    public async Task What_is_switched_off_is_not_there()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { Flags = ["--docs", "off"] });
        using var admin = server.Client(server.BootstrapSecret);

        foreach (var path in new[] { "/openapi/v1.json", "/docs", "/docs/", "/docs/scalar.js", "/docs/scalar.aspnetcore.js" })
        {
            (await admin.GetAsync(path)).IsNotFound();
        }

        (await admin.GetAsync("keys")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_path_takes_the_methods_that_the_document_tells_of_and_no_other()
    {
        using var admin = Lab.Admin();

        foreach (var path in Contract.Calls.GroupBy(static call => call.Path, static call => call.Method.Method))
        {
            // Which is also the path of a credential of that name.
            var methods = path.Key.EndsWith("/credentials/read", StringComparison.Ordinal)
                ? path.Concat(Contract.Calls.Where(static call => call.Path.EndsWith("/credentials/{name}", StringComparison.Ordinal)).Select(static call => call.Method.Method))
                : path;
            var answer = await admin.SendAsync(new HttpMethod("PROPFIND"), path.Key.Replace("{id}", "k_0123456789ab", StringComparison.Ordinal).Replace("{name}", "any", StringComparison.Ordinal).Replace("{version}", NoVersion, StringComparison.Ordinal));

            answer.IsProblem(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
            Assert.Equal(methods.Order(StringComparer.Ordinal), answer.Headers["Allow"].Split(", ").Order(StringComparer.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Told))]
    public async Task Every_answer_that_the_document_tells_of_is_given(string call, string status)
    {
        // The client holds each answer against the document.
        Assert.Equal(status, ((int)(await CallAsync(call, status)).Status).ToString(CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("NewKeyRequest")]
    [InlineData("CredentialRequest")]
    public async Task The_limits_of_a_body_are_those_that_the_document_tells_of(string schema)
    {
        var example = schema == "NewKeyRequest" ? """{"name":"limits"}""" : """{"type":"api-key","data":{}}""";
        var told = Contract.Document["components"]!["schemas"]![schema]!;
        await SendAsync(null, null, HttpStatusCode.Created);
        foreach (var member in told["required"]!.AsArray().Select(static name => (string)name!))
        {
            await SendAsync(member, null, HttpStatusCode.BadRequest);
        }

        foreach (var (member, rule) in told["properties"]!.AsObject())
        {
            await SendAsync(member, rule!["type"]!.ToString() == "object" ? "text" : new JsonObject(), HttpStatusCode.BadRequest);
            if (rule["maxLength"] is { } length)
            {
                await SendAsync(member, new string('x', (int)length), HttpStatusCode.Created);
                await SendAsync(member, new string('x', (int)length + 1), HttpStatusCode.BadRequest);
                await SendAsync(member, "", (int)rule["minLength"]! == 0 ? HttpStatusCode.Created : HttpStatusCode.BadRequest);
            }
            else if (rule["maxItems"] is { } items)
            {
                var item = member == "allowedCidrs" ? "10.0.0." : "a";
                await SendAsync(member, new JsonArray([.. Enumerable.Range(0, (int)items).Select(n => (JsonNode)$"{item}{n}")]), HttpStatusCode.Created);
                await SendAsync(member, new JsonArray([.. Enumerable.Range(0, (int)items + 1).Select(n => (JsonNode)$"{item}{n}")]), HttpStatusCode.BadRequest);
                await SendAsync(member, new JsonArray("no/name"), HttpStatusCode.BadRequest);
            }
            else if (rule["enum"] is JsonArray values)
            {
                foreach (var value in values)
                {
                    await SendAsync(member, value!.DeepClone(), HttpStatusCode.Created);
                }

                await SendAsync(member, "another", HttpStatusCode.BadRequest);
            }
            else if ((string?)rule["format"] == "date-time")
            {
                await SendAsync(member, "2099-01-15T10:30:00Z", HttpStatusCode.Created);
                await SendAsync(member, "2026-01-15", HttpStatusCode.BadRequest);
            }
            else
            {
                Assert.Equal("object", (string?)rule["type"]);
            }
        }

        // One member of the smallest body is another, or not there.
        async Task SendAsync(string? member, JsonNode? value, HttpStatusCode expected)
        {
            using var admin = Lab.Admin();
            var body = JsonNode.Parse(example)!.AsObject();
            if (member is not null)
            {
                body.Remove(member);
                if (value is not null)
                {
                    body.Add(member, value);
                }
            }

            var answer = schema == "NewKeyRequest" ? await admin.PostAsync("keys", body.ToJsonString()) : await admin.PutAsync("credentials/limits", body.ToJsonString());
            Assert.True(expected == answer.Status, $"{member}: {answer.Status}, and not {expected}");
        }
    }

    private async Task<Answer> CallAsync(string call, string status)
    {
        var (path, method, _) = Contract.Calls.Single(known => (string?)known.Call["operationId"] == call);
        using var admin = Lab.Admin();
        using var client = status switch
        {
            "401" => admin.With(null),
            "403" => await admin.WithNewKeyAsync(),
            _ => admin.With(admin.Secret),
        };
        var name = $"told.{call}.{status}";
        var isPresent = status[0] == '2' || status is "304" or "409" or "412" or "502";
        var target = path
            .Replace("{id}", status == "409" ? await LastAdministratorAsync(admin) : isPresent ? (await admin.CreateKeyAsync()).Id : "k_000000000000", StringComparison.Ordinal)
            .Replace("{name}", status == "400" && call is not "putCredential" and not "refreshCredential" ? "-" : name, StringComparison.Ordinal);
        if (path.Contains("{name}", StringComparison.Ordinal) && isPresent)
        {
            await PutAsync(admin, call, status, name);
        }

        target = target.Replace("{version}", isPresent && path.Contains("{version}", StringComparison.Ordinal) ? await ReplaceAsync(admin, name) : NoVersion, StringComparison.Ordinal);
        if ((call, status) == ("undeleteCredential", "200"))
        {
            (await admin.DeleteAsync($"credentials/{name}")).Is(HttpStatusCode.NoContent);
        }

        return await client.SendAsync(method, target + Query(call, status), Body(call, status), headers =>
        {
            if (status is "304" or "412")
            {
                headers.TryAddWithoutValidation(status == "304" ? "If-None-Match" : "If-Match", status == "304" ? "*" : "\"another\"");
            }
        });
    }

    private static async Task<string> LastAdministratorAsync(VaultClient admin) =>
        (await admin.GetAsync("keys")).Json.GetProperty("keys").EnumerateArray().First(static key => key.GetProperty("name").GetString() == "Bootstrap Admin").GetProperty("id").GetString()!;

    // The id of the state that is kept then.
    private static async Task<string> ReplaceAsync(VaultClient admin, string name)
    {
        (await admin.PutCredentialAsync(name)).Is(HttpStatusCode.Created);
        return (await admin.GetAsync($"credentials/{name}/versions")).Json.GetProperty("versions")[0].GetProperty("version").GetString()!;
    }

    private async Task PutAsync(VaultClient admin, string call, string status, string name)
    {
        if (call != "refreshCredential" || status == "409")
        {
            (await admin.PutCredentialAsync(name)).Is(HttpStatusCode.Created);
            return;
        }

        var tokens = await Lab.PutDueAsync(name);
        if (status == "502")
        {
            // Used already: the provider refuses it for good.
            await Lab.Provider.RefreshAsync(tokens.RefreshToken);
        }
    }

    private static string Query(string call, string status) => (call, status) switch
    {
        ("listCredentials", "400") => "?limit=0",
        ("listCredentials", "200") => "?limit=1&cursor=a",
        ("listAudit", "400") => "?limit=0",
        ("listAudit", "200") => "?outcome=success&action=key.create&limit=1",
        ("verifyAudit", "400") => "?anchor=axa1",
        ("refreshCredential" or "deleteKey", "400") => "?force=perhaps",
        ("refreshCredential", "200") => "?force=false",
        _ => "",
    };

    private static StringContent? Body(string call, string status)
    {
        var smallest = call switch
        {
            "updateKey" when status == "409" => """{"grantAccess":[]}""",
            "rotateKey" => """{"overlapSeconds":0}""",
            "createKey" or "updateKey" => """{"name":"told"}""",
            "putCredential" => """{"type":"api-key","data":{}}""",
            "readCredentials" => """{"names":["told"]}""",
            _ => null,
        };
        return smallest is null ? null : new StringContent(
            status switch
            {
                "400" => call == "rotateKey" ? """{"overlapSeconds":-1}""" : "{}",
                "413" => smallest + new string(' ', 1 << 20),
                _ => smallest,
            },
            Encoding.UTF8,
            status == "415" ? "text/plain" : "application/json");
    }
}
