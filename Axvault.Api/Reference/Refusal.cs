using System.Globalization;
using Axvault.Api.Http;
using Axvault.Api.Http.Description;
using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>A refusal that calls share: one response of the document, to which each call refers.</summary>
/// <param name="Status">The HTTP status; <see langword="null"/> for all statuses without a refusal of their own.</param>
/// <param name="Name">The name of the response in the document.</param>
/// <param name="Description">A sentence, in Markdown.</param>
/// <param name="Headers">The optional headers of the response.</param>
internal sealed record Refusal(int? Status, string Name, string Description, params AnswerHeader[] Headers)
{
    /// <summary>The refusal with any status that has none of its own in the document.</summary>
    public static readonly Refusal AnyOther = new(
        null,
        "Refusal",
        "Any other refusal: a method that the path does not take (405), a body that does not arrive in time (408), or a body that is not UTF-8 where none is "
            + "expected (415). A request that is not HTTP (400), or whose target or headers are too long (414, 431), gets an answer without a body.",
        new AnswerHeader("Allow", "With 405: the methods that the path takes.") { Example = "GET, HEAD" }
    );

    /// <summary>The refusals of every call.</summary>
    public static readonly IReadOnlyList<int> OfEveryCall = [500, 503];

    /// <summary>The refusals of a call that needs an API key.</summary>
    public static readonly IReadOnlyList<int> OfACallWithAKey = [401, 429];

    /// <summary>The refusals of a call that takes a body.</summary>
    public static readonly IReadOnlyList<int> OfACallWithABody = [400, 413, 415];

    /// <summary>Every refusal.</summary>
    public static readonly IReadOnlyList<Refusal> All =
    [
        new(400, "InvalidRequest", "The request breaks a rule of this call. `errors` names each wrong field and its rule."),
        new(
            401,
            "Unauthorized",
            "The request has no API key, or one that this server does not know.",
            new AnswerHeader("WWW-Authenticate", "`Bearer`, with `error=\"invalid_token\"` if the API key of the request is not valid (RFC 6750).")
            {
                Example = "Bearer",
            }
        ),
        new(403, "Forbidden", "The API key does not allow this. The answer is the same whether or not the credential or key exists."),
        new(404, "NotFound", "The credential, version or key does not exist."),
        new(409, "Conflict", "The state of the credential, or of the keys, does not allow this. `detail` has the reason."),
        new(412, "PreconditionFailed", "The credential has another version than `If-Match` or `If-None-Match` asks for. Nothing was done."),
        new(413, "PayloadTooLarge", "The body has more than 1 MiB."),
        new(415, "UnsupportedMediaType", "The `Content-Type` of the body is not JSON in UTF-8."),
        new(
            429,
            "RateLimited",
            "Too many requests with the API key or from the address, or too many from the address with a wrong API key.",
            new AnswerHeader("Retry-After", "The time to wait, in seconds.") { Minimum = 1, Example = "1" }
        ),
        new(500, "InternalError", "A fault of the server. The server's log has the details under the trace id."),
        new(
            502,
            "RefreshFailed",
            "The provider did not refresh the credential. `failure` tells how long that holds, `reason` has the provider's code. The stored tokens stay."
        ),
        new(
            503,
            "Unavailable",
            "The server is starting or stopping, its database does not answer, or its audit log cannot be written. Try again.",
            new AnswerHeader("Retry-After", "The time to wait, in seconds, if the server knows it.") { Minimum = 0, Example = "1" }
        ),
        AnyOther,
    ];

    /// <summary>The key among the responses of a call.</summary>
    public string Key => Status?.ToString(CultureInfo.InvariantCulture) ?? "default";

    /// <summary>Returns the refusal with <paramref name="status"/>.</summary>
    /// <exception cref="InvalidOperationException">No call has this refusal.</exception>
    public static Refusal Of(int status) =>
        All.FirstOrDefault(refusal => refusal.Status == status)
        ?? throw new InvalidOperationException($"{nameof(Refusal)} does not describe the status {status}.");

    /// <summary>Returns the refusal without a body, for HEAD.</summary>
    public OpenApiResponse ToBare() => new() { Description = Description, Headers = HeaderSchema.Of(Headers) };

    /// <summary>Returns the refusal with a body in the form of OAuth.</summary>
    public OpenApiResponse ToOAuthResponse(OpenApiDocument document, IDictionary<string, IOpenApiExample>? examples)
    {
        var response = ToBare();
        response.Content = new Dictionary<string, OpenApiMediaType>
        {
            ["application/json"] = new() { Schema = new OpenApiSchemaReference(nameof(OAuthError), document), Examples = examples },
        };
        return response;
    }

    /// <summary>Returns the refusal with its body.</summary>
    public OpenApiResponse ToResponse(OpenApiDocument document, Examples examples)
    {
        var response = ToBare();
        response.Content = new Dictionary<string, OpenApiMediaType>
        {
            ["application/problem+json"] = new()
            {
                Schema = new OpenApiSchemaReference(ProblemSchema.Name, document),
                Examples = examples.Of("refusals", Key),
            },
        };
        return response;
    }
}
