using System.Net;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Axvault.Tests.Refresh;

namespace Axvault.Tests.Reference;

/// <summary>The reference page and document as a server serves them, and the server's routes and body limits compared with the document.</summary>
public sealed class ReferenceServerTests(RefreshFixture fixture, VaultGraph graph) : IClassFixture<RefreshFixture>
{
    private const string NoVersion = "00000000-0000-7000-8000-000000000000";

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
    public async Task The_page_is_served_to_anyone_and_loads_nothing_from_elsewhere()
    {
        using var anonymous = Lab.Servers[0].Client();

        Assert.Equal("docs/", (await anonymous.GetAsync("/docs")).Is(HttpStatusCode.Found).Headers["Location"]);
        var page = (await anonymous.GetAsync("/docs/")).Is(HttpStatusCode.OK);
        var policy = page.Headers["Content-Security-Policy"]
            .Split("; ")
            .Select(static directive => directive.Split(' ', 2))
            .ToDictionary(static directive => directive[0], static directive => directive[1]);

        Assert.Equal("text/html", page.ContentType);
        Assert.Contains("<title>Axvault API</title>", page.Text, StringComparison.Ordinal);
        Assert.Equal(("'none'", "'self'", "'none'"), (policy["default-src"], policy["connect-src"], policy["frame-ancestors"]));
        Assert.Matches("^'self' 'nonce-[0-9A-Za-z_-]{22,}'$", policy["script-src"]);
        Assert.NotEqual(page.Headers["Content-Security-Policy"], (await anonymous.GetAsync("/docs/")).Headers["Content-Security-Policy"]);
        Assert.DoesNotContain("://", page.Text.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.All(["/docs/scalar.js", "/docs/scalar.aspnetcore.js"], path =>
            Assert.Contains($"\"{path["/docs/".Length..]}\"", page.Text, StringComparison.Ordinal)
        );
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
    public async Task Other_paths_of_the_document_and_the_page_are_404(string path)
    {
        using var anonymous = Lab.Servers[0].Client();

        (await anonymous.GetAsync(path)).IsNotFound();
    }

    [Fact]
    public async Task A_disabled_reference_is_not_served()
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
    public async Task A_path_takes_only_the_documented_methods()
    {
        using var admin = Lab.Admin();

        foreach (var path in Contract.Calls.GroupBy(static call => call.Path, static call => call.Method.Method))
        {
            // This path is also that of a credential named "read", or of a key.
            var wider =
                path.Key.EndsWith("/credentials/read", StringComparison.Ordinal) ? "/credentials/{name}"
                : path.Key.EndsWith("/keys/self", StringComparison.Ordinal) ? "/keys/{id}"
                : null;
            var others = Contract.Calls.Where(call => wider is not null && call.Path.EndsWith(wider, StringComparison.Ordinal));
            var methods = path.Concat(others.Select(static call => call.Method.Method)).Distinct();
            var answer = await admin.SendAsync(
                new HttpMethod("PROPFIND"),
                path.Key.Replace("{id}", "k_0123456789ab", StringComparison.Ordinal)
                    .Replace("{name}", "any", StringComparison.Ordinal)
                    .Replace("{rule}", "any", StringComparison.Ordinal)
                    .Replace("{issuer}", "any", StringComparison.Ordinal)
                    .Replace("{version}", NoVersion, StringComparison.Ordinal)
            );

            answer.IsProblem(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
            Assert.Equal(methods.Order(StringComparer.Ordinal), answer.Headers["Allow"].Split(", ").Order(StringComparer.Ordinal));
        }
    }

    [Theory]
    [InlineData("NewKeyRequest")]
    [InlineData("CredentialRequest")]
    public async Task The_limits_of_a_body_are_the_documented_ones(string schema)
    {
        var documented = Contract.Document["components"]!["schemas"]![schema]!;
        await SendAsync(schema, null, null, HttpStatusCode.Created);
        foreach (var member in documented["required"]!.AsArray().Select(static name => (string)name!))
        {
            await SendAsync(schema, member, null, HttpStatusCode.BadRequest);
        }

        foreach (var (member, rule) in documented["properties"]!.AsObject())
        {
            await SendAsync(schema, member, rule!["type"]!.ToString() == "object" ? "text" : new JsonObject(), HttpStatusCode.BadRequest);
            await AssertLimitsAsync(schema, member, rule);
        }
    }

    private async Task AssertLimitsAsync(string schema, string member, JsonNode rule)
    {
        if (rule["maxLength"] is { } length)
        {
            await SendAsync(schema, member, new string('x', (int)length), HttpStatusCode.Created);
            await SendAsync(schema, member, new string('x', (int)length + 1), HttpStatusCode.BadRequest);
            await SendAsync(schema, member, "", (int)rule["minLength"]! == 0 ? HttpStatusCode.Created : HttpStatusCode.BadRequest);
        }
        else if (rule["maxItems"] is { } items)
        {
            await SendAsync(schema, member, Items(member, (int)items), HttpStatusCode.Created);
            await SendAsync(schema, member, Items(member, (int)items + 1), HttpStatusCode.BadRequest);
            await SendAsync(schema, member, new JsonArray("no/name"), HttpStatusCode.BadRequest);
        }
        else if (rule["enum"] is JsonArray values)
        {
            foreach (var value in values)
            {
                await SendAsync(schema, member, value!.DeepClone(), HttpStatusCode.Created);
            }

            await SendAsync(schema, member, "another", HttpStatusCode.BadRequest);
        }
        else if ((string?)rule["format"] == "date-time")
        {
            await SendAsync(schema, member, "2099-01-15T10:30:00Z", HttpStatusCode.Created);
            await SendAsync(schema, member, "2026-01-15", HttpStatusCode.BadRequest);
        }
        else if (rule["maximum"] is { } most)
        {
            await SendAsync(schema, member, (long)rule["minimum"]!, HttpStatusCode.Created);
            await SendAsync(schema, member, (long)rule["minimum"]! - 1, HttpStatusCode.BadRequest);
            await SendAsync(schema, member, (long)most, HttpStatusCode.Created);
            await SendAsync(schema, member, (long)most + 1, HttpStatusCode.BadRequest);
        }
        else
        {
            Assert.Equal("object", (string?)rule["type"]);
        }
    }

    private static JsonArray Items(string member, int count)
    {
        var item = member == "allowedCidrs" ? "10.0.0." : "a";
        return new JsonArray([.. Enumerable.Range(0, count).Select(n => (JsonNode)$"{item}{n}")]);
    }

    // Sends the smallest body with one member replaced, or removed when the value is null.
    private async Task SendAsync(string schema, string? member, JsonNode? value, HttpStatusCode expected)
    {
        using var admin = Lab.Admin();
        var body = JsonNode.Parse(schema == "NewKeyRequest" ? """{"name":"limits"}""" : """{"type":"api-key","data":{}}""")!.AsObject();
        if (member is not null)
        {
            body.Remove(member);
            if (value is not null)
            {
                body.Add(member, value);
            }
        }

        var answer =
            schema == "NewKeyRequest"
                ? await admin.PostAsync("keys", body.ToJsonString())
                : await admin.PutAsync("credentials/limits", body.ToJsonString());
        Assert.True(expected == answer.Status, $"{member}: expected {expected}, got {answer.Status}");
    }
}
