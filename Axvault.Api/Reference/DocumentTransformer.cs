using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>Adds to the document what is said once for all calls: the introduction, the API key, the refusals; and completes its schemas.</summary>
internal sealed class DocumentTransformer(EndpointDataSource endpoints) : IOpenApiDocumentTransformer
{
    /// <summary>The name of the way to authenticate.</summary>
    public const string SecurityScheme = "apiKey";

    // In the order in which they are shown.
    private static readonly Dictionary<string, string> Tags = new()
    {
        ["Credentials"] = "Credentials of coding agents: kept encrypted, handed out with fresh tokens.",
        ["Versions"] = "What was replaced or deleted, and can be restored.",
        ["Keys"] = "API keys, and what each may read, write and grant.",
        ["Audit"] = "What was done and refused, in a chain of entries that shows when one is changed, removed or inserted.",
        ["Health"] = "Whether the server can serve.",
    };

    /// <inheritdoc />
    /// <exception cref="InvalidOperationException">An endpoint of the API is not described.</exception>
    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(document);

        RefuseGaps(document);
        document.Info = new OpenApiInfo
        {
            Title = "Axvault API",
            Version = ApiDocument.Name,
            Summary = "Keeps the OAuth credentials of AI coding agents, hands them out to scoped API keys, and refreshes them.",
            Description = ReadIntroduction(),
            License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
        };

        // Relative: wherever the document was fetched from, a proxy's address included.
        document.Servers = [new OpenApiServer { Url = "/", Description = "This server" }];
        document.Tags = Tags.Select(static tag => new OpenApiTag { Name = tag.Key, Description = tag.Value }).ToHashSet();

        var components = document.Components ??= new OpenApiComponents();
        components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [SecurityScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                BearerFormat = "axv_sk_…",
                Description = "An API key: its secret, which was shown when it was made.",
            },
        };
        SchemaRules.Apply(document);
        var examples = Examples.Read();
        components.Responses = Refusal.All.ToDictionary(static refusal => refusal.Name, IOpenApiResponse (refusal) => refusal.ToResponse(document, examples));
        return Task.CompletedTask;
    }

    // Who adds a call is told at once, by the tests, which make the document.
    private void RefuseGaps(OpenApiDocument document)
    {
        var described = document.Paths.SelectMany(static path => path.Value.Operations!.Keys.Select(method => $"{method} {path.Key}")).ToHashSet();
        var gaps = endpoints.Endpoints.OfType<RouteEndpoint>()
            .Select(static endpoint => (Path: $"/{endpoint.RoutePattern.RawText?.Trim('/')}", Methods: endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []))
            .Where(static endpoint => endpoint.Path.StartsWith("/api/", StringComparison.Ordinal))
            .SelectMany(static endpoint => endpoint.Methods.Select(method => $"{method} {endpoint.Path}"))
            .Except(described)
            .ToList();
        if (gaps.Count > 0)
        {
            throw new InvalidOperationException($"The reference lacks {string.Join(", ", gaps)}.");
        }
    }

    private static string ReadIntroduction()
    {
        using var markdown = new StreamReader(typeof(DocumentTransformer).Assembly.GetManifestResourceStream("Introduction.md")!);
        return markdown.ReadToEnd();
    }
}
