using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Json.Schema;

namespace Axvault.Tests.Harness.Servers;

/// <summary>The committed OpenAPI document, as a contract: an answer to a call that it describes may contain nothing that it does not describe.</summary>
internal sealed class ApiContract
{
    /// <summary>The name of the document's file, at the root of the source tree.</summary>
    public const string FileName = "openapi.json";

    // The bodies of this many answers of each kind are checked. More would cost time and show nothing new.
    private const int WholeAnswers = 100;

    // The statuses that "default" stands for, and those sent before the call is known, which have no body.
    private static readonly HttpStatusCode[] Others = [HttpStatusCode.MethodNotAllowed, HttpStatusCode.RequestTimeout, HttpStatusCode.UnsupportedMediaType];
    private static readonly HttpStatusCode[] Bare =
    [
        HttpStatusCode.BadRequest,
        HttpStatusCode.RequestTimeout,
        HttpStatusCode.RequestUriTooLong,
        HttpStatusCode.RequestHeaderFieldsTooLarge,
    ];

    // The headers that carry information about the call.
    private static readonly string[] Telling =
    [
        "Allow",
        "ETag",
        "Location",
        "Retry-After",
        "WWW-Authenticate",
        "X-Axvault-Refreshed",
        "X-Axvault-Refresh-Failed",
    ];

    // A schema cannot describe a text of lines, so the schema of a line is named here.
    private const string Lines = "application/x-ndjson";
    private static readonly JsonNode LineSchema = new JsonObject { ["$ref"] = "#/components/schemas/AuditEntryResponse" };

    private static readonly Uri Address = new("https://axvault.test/openapi.json");

    private readonly (Regex Path, string Template)[] _paths;
    private readonly ConcurrentDictionary<string, JsonSchema> _schemas = [];
    private readonly ConcurrentDictionary<string, int> _seen = [];

    private ApiContract(JsonNode document)
    {
        Document = document;
        _paths =
        [
            .. document["paths"]!
                .AsObject()
                .OrderBy(static path => path.Key.Count('{'))
                .Select(static path => (new Regex($"^{Regex.Replace(path.Key, @"\{[a-z]+\}", "[^/]+")}/?$"), path.Key)),
        ];

        // Stricter than the published schema: clients must accept new members, but this test must not.
        var strict = document.DeepClone();
        foreach (var (_, schema) in strict["components"]!["schemas"]!.AsObject())
        {
            schema!["additionalProperties"] = false;
        }

        SchemaRegistry.Global.Register(new JsonElementBaseDocument(JsonSerializer.SerializeToElement(strict), Address));
    }

    /// <summary>The committed document.</summary>
    public static ApiContract Committed { get; } = new(JsonNode.Parse(File.ReadAllText(Path.Combine(SourceTree.Root, FileName)))!);

    /// <summary>The document that this contract was read from.</summary>
    public JsonNode Document { get; }

    /// <summary>Every call: its path, its method and its description.</summary>
    public IEnumerable<(string Path, HttpMethod Method, JsonObject Call)> Calls =>
        Document["paths"]!
            .AsObject()
            .SelectMany(static path => path.Value!.AsObject().Select(call => (path.Key, HttpMethod.Parse(call.Key), call.Value!.AsObject())));

    /// <summary>Returns the target when <paramref name="node"/> is a reference; otherwise the node itself.</summary>
    public JsonNode Resolve(JsonNode node) =>
        (string?)node["$ref"] is { } reference ? reference.TrimStart('#', '/').Split('/').Aggregate(Document, static (at, name) => at[name]!) : node;

    /// <summary>Asserts that the document describes <paramref name="answer"/>. Paths and methods that it does not describe are not checked.</summary>
    public void Check(HttpMethod method, string target, Answer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);

        var path = target.Split('?')[0];
        if (answer.Status == HttpStatusCode.BadRequest && HasDotSegment(path))
        {
            // No call has answered: the server refuses such a path before.
            return;
        }

        if (
            _paths
                .Where(known => known.Path.IsMatch(path))
                .Select(known => Document["paths"]![known.Template]![method.Method.ToLowerInvariant()])
                .OfType<JsonObject>()
                .FirstOrDefault()
            is not { } call
        )
        {
            return;
        }

        var status = ((int)answer.Status).ToString(CultureInfo.InvariantCulture);
        var what = $"{(string?)call["operationId"]} answers {status}";
        if (answer.Bytes.Length == 0 && Bare.Contains(answer.Status))
        {
            return;
        }

        var told = call["responses"]![status] ?? (Others.Contains(answer.Status) ? call["responses"]!["default"] : null);
        Assert.True(told is not null, $"{what}, which {FileName} does not describe.");
        var response = Resolve(told);
        CheckHeaders(response, answer, what);
        if (_seen.AddOrUpdate(what, 1, static (_, count) => count + 1) <= WholeAnswers)
        {
            CheckBody(response, answer, what);
        }
    }

    private static bool HasDotSegment(string path)
    {
        for (var decoded = Uri.UnescapeDataString(path); decoded != path; decoded = Uri.UnescapeDataString(path))
        {
            path = decoded;
        }

        return path.Split('/', '\\').Any(static part => part.Split(';')[0] is "." or "..");
    }

    /// <summary>Returns the errors of <paramref name="instance"/> against <paramref name="schema"/>, which is a reference or a schema itself.</summary>
    public IReadOnlyList<string> Validate(JsonNode schema, JsonElement instance)
    {
        ArgumentNullException.ThrowIfNull(schema);

        var result = _schemas
            .GetOrAdd(schema.ToJsonString(), Compile)
            .Evaluate(instance, new EvaluationOptions { OutputFormat = OutputFormat.List, RequireFormatValidation = true });
        return result.IsValid
            ? []
            : [.. (result.Details ?? []).SelectMany(static detail => (detail.Errors ?? []).Select(error => $"{detail.InstanceLocation}: {error.Value}"))];
    }

    private static JsonSchema Compile(string schema) => JsonSchema.FromText(schema.Replace("\"#/", $"\"{Address}#/", StringComparison.Ordinal));

    private void CheckHeaders(JsonNode response, Answer answer, string what)
    {
        foreach (var name in Telling.Where(answer.Headers.ContainsKey))
        {
            Assert.True(response["headers"]?[name] is not null, $"{what} with {name}, which {FileName} does not describe.");
            var schema = response["headers"]![name]!["schema"]!;
            var value =
                (string?)schema["type"] == "integer"
                    ? JsonSerializer.SerializeToElement(int.Parse(answer.Headers[name], CultureInfo.InvariantCulture))
                    : JsonSerializer.SerializeToElement(answer.Headers[name]);
            Assert.True(Validate(schema, value).Count == 0, $"{what} with a {name} of another type than {FileName} describes.");
        }
    }

    private void CheckBody(JsonNode response, Answer answer, string what)
    {
        if (response["content"] is not JsonObject content)
        {
            Assert.True(answer.Bytes.Length == 0, $"{what} with a body, and {FileName} describes none.");
            return;
        }

        Assert.True(content.ContainsKey(answer.ContentType ?? "none"), $"{what} with a body of type {answer.ContentType}, which {FileName} does not describe.");
        var errors =
            answer.ContentType == Lines
                ?
                [
                    .. answer
                        .Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                        .Take(WholeAnswers)
                        .SelectMany(line => Validate(LineSchema, JsonSerializer.Deserialize<JsonElement>(line))),
                ]
                : Validate(content[answer.ContentType!]!["schema"]!, answer.Json);
        Assert.True(errors.Count == 0, $"{what}, and the body differs from {FileName}:\n{string.Join('\n', errors)}");
    }
}
