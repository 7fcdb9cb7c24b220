using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Axvault.Api.Authorization;
using Axvault.Api.CommandLine;
using Axvault.Api.Http;
using Axvault.Api.Reference;
using Axvault.Tests.Harness;
using Axvault.Tests.Harness.Servers;
using CsCheck;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Axvault.Tests.Reference;

/// <summary>The committed OpenAPI document is fresh, valid and complete, and agrees with the rules of the server.</summary>
public sealed class DocumentTests
{
    private const string Command = "dotnet run --project Axvault.Api -- openapi > openapi.json";

    private static readonly string Committed = File.ReadAllText(Path.Combine(SourceTree.Root, ApiContract.FileName));

    private static ApiContract Contract => ApiContract.Committed;

    [Fact]
    public async Task The_committed_document_is_the_one_that_the_server_generates()
    {
        var run = await ProgramRun.ToEndAsync(VaultServer.Clean(ServerProgram.BuildStartInfo(["openapi"])));

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.True(Committed == run.Output, $"{ApiContract.FileName} is stale. Run: {Command}");
    }

    [Fact]
    public async Task The_published_program_writes_the_committed_document()
    {
        var run = await ProgramRun.ToEndAsync("openapi");

        Assert.Equal((0, "", Committed), (run.ExitCode, run.Errors, run.Output));
    }

    [Fact]
    public async Task No_environment_variable_changes_the_document()
    {
        var start = VaultServer.Clean(ServerProgram.BuildStartInfo(["openapi"]));
        start.Environment["AXVAULT_DOCS"] = "off";
        start.Environment["AXVAULT_PORT"] = "none";
        start.Environment["AXVAULT_ENCRYPTION_KEY_FILE"] = "/nowhere";
        start.Environment["ConnectionStrings__vaultdb"] = "nonsense";

        Assert.Equal(Committed, (await ProgramRun.ToEndAsync(start)).Output);
    }

    [Fact]
    public async Task The_document_is_valid_OpenAPI_3_1()
    {
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Committed));

        var read = await OpenApiDocument.LoadAsync(stream, OpenApiConstants.Json, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, read.Diagnostic!.SpecificationVersion);
        Assert.Empty(read.Diagnostic.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
        Assert.Empty(read.Document!.Validate(ValidationRuleSet.GetDefaultRuleSet()));
    }

    [Fact]
    public void Every_reference_resolves_and_every_component_is_used()
    {
        var references = Regex
            .Matches(Committed, "\"\\$ref\": \"#/([^\"]+)\"")
            .Select(static match => match.Groups[1].Value)
            .Distinct()
            .Order(StringComparer.Ordinal);
        var components =
            from kind in Contract.Document["components"]!.AsObject()
            where kind.Key != "securitySchemes"
            from component in kind.Value!.AsObject()
            select $"components/{kind.Key}/{component.Key}";

        Assert.Equal(components.Order(StringComparer.Ordinal), references);
    }

    [Fact]
    public void Every_call_parameter_answer_and_schema_has_a_description()
    {
        Assert.All(Contract.Calls, static call =>
        {
            Assert.All(["summary", "description", "operationId"], text =>
                Assert.False(string.IsNullOrWhiteSpace((string?)call.Call[text]), $"{call.Method} {call.Path} has no {text}.")
            );
            Assert.Single(call.Call["tags"]!.AsArray());
            Assert.All(call.Call["parameters"]?.AsArray() ?? [], static parameter => AssertDescribed(parameter!, (string?)parameter!["name"]));
            Assert.All(call.Call["responses"]!.AsObject(), response =>
                AssertDescribed(Contract.Resolve(response.Value!), $"{call.Method} {call.Path} {response.Key}")
            );
        });
        Assert.All(Contract.Document["components"]!["schemas"]!.AsObject(), static schema =>
        {
            AssertDescribed(schema.Value!, schema.Key);
            Assert.All(schema.Value!["properties"]!.AsObject(), member => AssertDescribed(member.Value!, $"{schema.Key}.{member.Key}"));
        });
        Assert.All(Contract.Document["tags"]!.AsArray(), static tag => AssertDescribed(tag!, (string?)tag!["name"]));
        Assert.Equal(Contract.Calls.Count(), Contract.Calls.Select(static call => (string?)call.Call["operationId"]).Distinct().Count());
    }

    [Fact]
    public void Every_call_but_health_and_the_exchange_needs_an_API_key()
    {
        var bearer = Contract.Document["components"]!["securitySchemes"]!["apiKey"]!;
        Assert.Equal(("http", "bearer"), ((string?)bearer["type"], (string?)bearer["scheme"]));
        Assert.All(Contract.Calls, static call =>
        {
            // The exchange takes a workload's token instead.
            var needsNone = call.Path is "/api/v1/health" or "/api/v1/token";
            Assert.Equal(needsNone, call.Call["security"] is null);
            Assert.Equal(needsNone, call.Call["responses"]!["401"] is null);
        });
    }

    [Fact]
    public void Every_body_has_an_example_that_matches_its_schema()
    {
        var bodies =
            from call in Contract.Calls
            from body in call.Call["responses"]!.AsObject().Select(static response => Contract.Resolve(response.Value!)).Append(call.Call["requestBody"])
            from content in body?["content"]?.AsObject() ?? []
            select (Name: $"{call.Call["operationId"]} {body["description"]}", Content: content.Value!);

        Assert.All(bodies, static body =>
        {
            Assert.NotEmpty(body.Content["examples"]!.AsObject());
            Assert.All(body.Content["examples"]!.AsObject(), example =>
                Assert.Empty(
                    Contract
                        .Validate(body.Content["schema"]!, JsonSerializer.SerializeToElement(example.Value!["value"]))
                        .Select(error => $"{body.Name} {example.Key}{error}")
                )
            );
        });
    }

    [Fact]
    public void The_example_of_a_refusal_has_its_status_and_code() =>
        Assert.All(
            Contract.Calls.SelectMany(static call => call.Call["responses"]!.AsObject()).Where(static response => response.Key[0] is '4' or '5'),
            static response => Assert.All(Contract.Resolve(response.Value!)["content"]?["application/problem+json"]?["examples"]?.AsObject() ?? [], example =>
                {
                    var problem = example.Value!["value"]!;
                    Assert.Equal(response.Key, problem["status"]!.ToString());
                    Assert.Equal(ErrorCode.Of((int)problem["status"]!), (string?)problem["error"]);
                })
        );

    [Fact]
    public void No_example_triggers_a_secret_scanner() =>
        Assert.DoesNotMatch("axv_sk_[0-9A-Za-z]+|sk-ant-[a-z0-9]+-[0-9A-Za-z]+|eyJ[0-9A-Za-z_-]+", Committed);

    [Fact]
    public void The_documented_pattern_of_a_name_is_the_one_the_server_checks() =>
        AssertPattern(
            Parameter("getCredential", "name"),
            static text => CredentialName.TryParse(text, out _),
            "A",
            "a.b_c-9",
            new string('n', 128),
            new string('n', 129),
            ".a",
            "-",
            "",
            "a*",
            "a\n",
            "é"
        );

    [Fact]
    public void The_documented_pattern_of_an_access_entry_is_the_one_the_server_checks() =>
        AssertPattern(
            Schema("KeyRequest")["properties"]!["readAccess"]!["items"]!,
            static text => AccessEntry.TryParse(text, out _),
            "*",
            "**",
            "a*",
            "a.*",
            "*a",
            new string('n', 127) + "*",
            new string('n', 128) + "*",
            new string('n', 128),
            new string('n', 129),
            "",
            "a*\n",
            "-*"
        );

    [Fact]
    public void The_documented_pattern_of_a_key_id_is_the_one_the_server_checks() =>
        AssertPattern(
            Parameter("getKey", "id"),
            static text => KeyId.TryParse(text, out _),
            "k_0123456789ab",
            "k_0123456789aB",
            "k_0123456789a",
            "k_0123456789abc",
            "K_0123456789ab",
            "k_0123456789ab\n",
            ""
        );

    [Fact]
    public async Task A_mapped_call_without_a_description_is_reported()
    {
        var builder = DocumentRun.CreateBuilder();
        builder.AddDocumentGenerator();
        await using var app = builder.Build();
        app.UseRouting();
        app.MapGet("/api/v1/forgotten/{id}", static () => TypedResults.NoContent()).ExcludeFromDescription();
        app.MapGet("/elsewhere", static () => TypedResults.NoContent()).ExcludeFromDescription();
        app.UseEndpoints(static _ => { });

        var problem = await Assert.ThrowsAsync<InvalidOperationException>(app.Services.GetRequiredService<DocumentGenerator>().MakeAsync);

        Assert.Equal("The reference lacks GET /api/v1/forgotten/{id}.", problem.Message);
    }

    private static void AssertDescribed(JsonNode node, string? name) =>
        Assert.False(string.IsNullOrWhiteSpace((string?)node["description"]), $"{name} has no description.");

    private static JsonNode Schema(string name) => Contract.Document["components"]!["schemas"]![name]!;

    private static JsonNode Parameter(string call, string name) =>
        Contract.Calls.Single(known => (string?)known.Call["operationId"] == call).Call["parameters"]!
            .AsArray()
            .Single(parameter => (string?)parameter!["name"] == name)!["schema"]!;

    // The pattern is a regular expression of ECMA-262, in which $ matches only at the end of the text.
    private static void AssertPattern(JsonNode schema, Func<string, bool> isAccepted, params string[] texts)
    {
        var form = new Regex(((string)schema["pattern"]!).Replace("$", @"\z", StringComparison.Ordinal), RegexOptions.ECMAScript);
        Assert.All(texts, text => Assert.Equal(isAccepted(text), form.IsMatch(text)));
        Gen.String[Gen.Char["Ak_09af.-*/ \n"], 0, 15].Sample(text => isAccepted(text) == form.IsMatch(text));
    }
}
