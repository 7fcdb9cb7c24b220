using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Axvault.Tests.Conventions;
using Axvault.Tests.Server;
using Json.Schema;

namespace Axvault.Tests.Reference;

/// <summary>The committed description of the API, held against answers: of a call that it describes, nothing may come that it does not tell of.</summary>
internal sealed class ApiContract
{
    /// <summary>The name of the file, at the root of the sources.</summary>
    public const string FileName = "openapi.json";

    // Each kind of answer is looked at whole this often; further ones say the same, and would cost the tests their time.
    private const int WholeAnswers = 100;

    // What "default" stands for: answers that no call has by itself, and those that come before anybody knows which call it is, which have no body.
    private static readonly HttpStatusCode[] Others = [HttpStatusCode.MethodNotAllowed, HttpStatusCode.RequestTimeout, HttpStatusCode.UnsupportedMediaType];
    private static readonly HttpStatusCode[] Bare = [HttpStatusCode.BadRequest, HttpStatusCode.RequestTimeout, HttpStatusCode.RequestUriTooLong, HttpStatusCode.RequestHeaderFieldsTooLarge];

    // The headers that tell a client something of its call.
    private static readonly string[] Telling = ["Allow", "ETag", "Location", "Retry-After", "WWW-Authenticate", "X-Axvault-Refreshed", "X-Axvault-Refresh-Failed"];

    // The schema of a text of lines can only say so; what a line is, its description tells.
    private const string Lines = "application/x-ndjson";
    private static readonly JsonNode LineSchema = new JsonObject { ["$ref"] = "#/components/schemas/AuditEntryResponse" };

    private static readonly Uri Address = new("https://axvault.test/openapi.json");

    private readonly (Regex Path, string Template)[] _paths;
    private readonly ConcurrentDictionary<string, JsonSchema> _schemas = [];
    private readonly ConcurrentDictionary<string, int> _seen = [];

    private ApiContract(JsonNode document)
    {
        Document = document;
        _paths = [.. document["paths"]!.AsObject()
            .OrderBy(static path => path.Key.Count('{'))
            .Select(static path => (new Regex($"^{Regex.Replace(path.Key, @"\{[a-z]+\}", "[^/]+")}/?$"), path.Key))];

        // Stricter than what is told to clients, who must bear members that are new.
        var strict = document.DeepClone();
        foreach (var (_, schema) in strict["components"]!["schemas"]!.AsObject())
        {
            schema!["additionalProperties"] = false;
        }

        SchemaRegistry.Global.Register(new JsonElementBaseDocument(JsonSerializer.SerializeToElement(strict), Address));
    }

    /// <summary>The committed document.</summary>
    public static ApiContract Committed { get; } = new(JsonNode.Parse(File.ReadAllText(Path.Combine(SourceTree.Root, FileName)))!);

    /// <summary>The document.</summary>
    public JsonNode Document { get; }

    /// <summary>Every call: its path, its method and what is told of it.</summary>
    public IEnumerable<(string Path, HttpMethod Method, JsonObject Call)> Calls => Document["paths"]!.AsObject()
        .SelectMany(static path => path.Value!.AsObject().Select(call => (path.Key, HttpMethod.Parse(call.Key), call.Value!.AsObject())));

    /// <summary>What <paramref name="node"/> refers to, or itself.</summary>
    public JsonNode Resolve(JsonNode node) => (string?)node["$ref"] is { } reference ? reference.TrimStart('#', '/').Split('/').Aggregate(Document, static (at, name) => at[name]!) : node;

    /// <summary>Expects that <paramref name="answer"/> is one that the document tells of; that of a path or a method that it does not describe may be any.</summary>
    public void Check(HttpMethod method, string target, Answer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);

        var path = target.Split('?')[0];
        if (path.Split('/').Any(static part => Uri.UnescapeDataString(part) is "." or ".."))
        {
            // The server takes dots out of a path (RFC 3986 §5.2.4): it answers another one.
            return;
        }

        if (_paths.Where(known => known.Path.IsMatch(path)).Select(known => Document["paths"]![known.Template]![method.Method.ToLowerInvariant()]).OfType<JsonObject>().FirstOrDefault() is not { } call)
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
        Assert.True(told is not null, $"{what}, and {FileName} does not tell of it.");
        var response = Resolve(told);
        CheckHeaders(response, answer, what);
        if (_seen.AddOrUpdate(what, 1, static (_, count) => count + 1) <= WholeAnswers)
        {
            CheckBody(response, answer, what);
        }
    }

    /// <summary>What is wrong with <paramref name="instance"/> as what <paramref name="schema"/>, a reference or a schema itself, tells of.</summary>
    public IReadOnlyList<string> Validate(JsonNode schema, JsonElement instance)
    {
        ArgumentNullException.ThrowIfNull(schema);

        var result = _schemas.GetOrAdd(schema.ToJsonString(), Compile).Evaluate(instance, new EvaluationOptions { OutputFormat = OutputFormat.List, RequireFormatValidation = true });
        return result.IsValid ? [] : [.. (result.Details ?? []).SelectMany(static detail => (detail.Errors ?? []).Select(error => $"{detail.InstanceLocation}: {error.Value}"))];
    }

    private static JsonSchema Compile(string schema) => JsonSchema.FromText(schema.Replace("\"#/", $"\"{Address}#/", StringComparison.Ordinal));

    private void CheckHeaders(JsonNode response, Answer answer, string what)
    {
        foreach (var name in Telling.Where(answer.Headers.ContainsKey))
        {
            Assert.True(response["headers"]?[name] is not null, $"{what} with {name}, and {FileName} does not tell of it.");
            var schema = response["headers"]![name]!["schema"]!;
            var value = (string?)schema["type"] == "integer" ? JsonSerializer.SerializeToElement(int.Parse(answer.Headers[name], CultureInfo.InvariantCulture)) : JsonSerializer.SerializeToElement(answer.Headers[name]);
            Assert.True(Validate(schema, value).Count == 0, $"{what} with a {name} of another kind than {FileName} tells.");
        }
    }

    private void CheckBody(JsonNode response, Answer answer, string what)
    {
        if (response["content"] is not JsonObject content)
        {
            Assert.True(answer.Bytes.Length == 0, $"{what} with a body, and {FileName} tells of none.");
            return;
        }

        Assert.True(content.ContainsKey(answer.ContentType ?? "none"), $"{what} with a body of type {answer.ContentType}, and {FileName} does not tell of it.");
        var errors = answer.ContentType == Lines
            ? [.. answer.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(WholeAnswers).SelectMany(line => Validate(LineSchema, JsonSerializer.Deserialize<JsonElement>(line)))]
            : Validate(content[answer.ContentType!]!["schema"]!, answer.Json);
        Assert.True(errors.Count == 0, $"{what}, and not as {FileName} tells:\n{string.Join('\n', errors)}");
    }
}
