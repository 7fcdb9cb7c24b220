using System.Globalization;
using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>A refusal that calls share: one response of the document, which each of them refers to.</summary>
/// <param name="Status">The HTTP status; <see langword="null"/> for all that have none of their own.</param>
/// <param name="Name">The name of the response in the document.</param>
/// <param name="Description">What it means, in Markdown.</param>
/// <param name="Headers">What it may have in its header.</param>
internal sealed record Refusal(int? Status, string Name, string Description, params AnswerHeader[] Headers)
{
    /// <summary>What stands for the refusals that have no status of their own in the document.</summary>
    public static readonly Refusal AnyOther = new(
        null,
        "Refusal",
        "Any other refusal: of a method that the path does not take (405), of a body that does not come in time (408), or that is not UTF-8 where none is expected (415). "
            + "A request that is not HTTP (400), or whose target or headers are too long (414, 431), is answered without a body.",
        new AnswerHeader(405, "Allow", """{ "type": "string", "examples": ["GET, HEAD"] }""", "With 405: the methods that the path takes."));

    /// <summary>The refusals of every call.</summary>
    public static readonly IReadOnlyList<int> OfEveryCall = [500, 503];

    /// <summary>The refusals of a call that needs an API key.</summary>
    public static readonly IReadOnlyList<int> OfACallWithAKey = [401, 429];

    /// <summary>The refusals of a call that takes a body.</summary>
    public static readonly IReadOnlyList<int> OfACallWithABody = [400, 413, 415];

    /// <summary>Every refusal.</summary>
    public static readonly IReadOnlyList<Refusal> All =
    [
        new(400, "InvalidRequest", "The request is not what this call takes. `errors` names each field that is wrong, and its rule."),
        new(401, "Unauthorized", "There is no API key in the request, or it is none of this server's.",
            new AnswerHeader(401, "WWW-Authenticate", """{ "type": "string", "examples": ["Bearer"] }""", "`Bearer`; with `error=\"invalid_token\"` where a key was sent that is not valid (RFC 6750).")),
        new(403, "Forbidden", "The API key may not do this. What it may not read answers so whether or not it exists."),
        new(404, "NotFound", "There is no such thing."),
        new(409, "Conflict", "The state of the credential, or of the keys, does not allow it: `detail` says why."),
        new(412, "PreconditionFailed", "The credential is not in the state that `If-Match` or `If-None-Match` asks for. Nothing was done."),
        new(413, "PayloadTooLarge", "The body has more than 1 MiB."),
        new(415, "UnsupportedMediaType", "The body is not said to be JSON in UTF-8."),
        new(429, "RateLimited", "There were too many requests with the API key or from the address, or too many from the address whose API key was wrong.",
            new AnswerHeader(429, "Retry-After", """{ "type": "integer", "minimum": 1, "examples": [1] }""", "How many seconds to wait.")),
        new(500, "InternalError", "A fault of the server. Its log has the details, under the trace id."),
        new(502, "RefreshFailed", "The provider did not refresh the credential: `failure` says for how long that holds, `reason` what was said. What is stored stays."),
        new(503, "Unavailable", "The server is starting or stopping, its database does not answer, or its audit log cannot be written. Worth trying again.",
            new AnswerHeader(503, "Retry-After", """{ "type": "integer", "minimum": 0, "examples": [1] }""", "How many seconds to wait, where the server can tell.")),
        AnyOther,
    ];

    /// <summary>The key of the refusal among the responses of a call.</summary>
    public string Key => Status?.ToString(CultureInfo.InvariantCulture) ?? "default";

    /// <summary>The refusal with <paramref name="status"/>.</summary>
    /// <exception cref="InvalidOperationException">No call is known to answer so.</exception>
    public static Refusal Of(int status) =>
        All.FirstOrDefault(refusal => refusal.Status == status) ?? throw new InvalidOperationException($"{nameof(Refusal)} does not describe the status {status}.");

    /// <summary>The refusal without a body, as HEAD gives it.</summary>
    public OpenApiResponse ToBare() => new() { Description = Description, Headers = ToHeaders() };

    /// <summary>The refusal with its body.</summary>
    public OpenApiResponse ToResponse(OpenApiDocument document, Examples examples)
    {
        ArgumentNullException.ThrowIfNull(examples);

        var response = ToBare();
        response.Content = new Dictionary<string, OpenApiMediaType>
        {
            ["application/problem+json"] = new() { Schema = new OpenApiSchemaReference(SchemaRules.Problem, document), Examples = examples.Of("refusals", Key) },
        };
        return response;
    }

    private Dictionary<string, IOpenApiHeader>? ToHeaders() => Headers.Length == 0 ? null : Headers.ToDictionary(static header => header.Name, static header => header.ToHeader());
}
