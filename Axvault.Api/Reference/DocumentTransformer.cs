using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>Adds the introduction, the API key and the refusals to the document, and completes its schemas.</summary>
internal sealed class DocumentTransformer(EndpointDataSource endpoints) : IOpenApiDocumentTransformer
{
    /// <summary>The name of the security scheme.</summary>
    public const string SecurityScheme = "apiKey";

    // In the order of the page.
    private static readonly Dictionary<string, string> Tags = new()
    {
        ["Credentials"] = "Credentials of coding agents: kept encrypted, served with fresh tokens.",
        ["Versions"] = "Replaced and deleted states of credentials, which can be restored.",
        ["Keys"] = "API keys, and the names that each may read, write and grant.",
        ["Workload identity"] = "Issuers of tokens, rules for them, and their exchange for keys without a stored secret.",
        ["Audit"] = "All actions, done and refused, in a chain of entries that shows when one is changed, removed or inserted.",
        ["Servers"] = "The servers of the vault, and the change of their encryption key.",
        ["Health"] = "The health of the server.",
    };

    /// <inheritdoc />
    /// <exception cref="InvalidOperationException">An endpoint of the API is not described.</exception>
    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        RefuseGaps(document);
        document.Info = new OpenApiInfo
        {
            Title = "Axvault API",
            Version = ApiDocument.Name,
            Summary = "Keeps the OAuth credentials of AI coding agents, serves them to scoped API keys, and refreshes them.",
            Description = ReadIntroduction(),
            License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
        };

        // A relative address, so that calls go to the address of the document, which may be a proxy's.
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
                Description = "The secret of an API key. It was shown once, when the key was made.",
            },
        };
        SchemaRules.Apply(document);
        var examples = Examples.Read();
        components.Responses = Refusal.All.ToDictionary(static refusal => refusal.Name, IOpenApiResponse (refusal) => refusal.ToResponse(document, examples));
        return Task.CompletedTask;
    }

    // The tests generate the document, so an undescribed call fails them.
    private void RefuseGaps(OpenApiDocument document)
    {
        var described = document.Paths.SelectMany(static path => path.Value.Operations!.Keys.Select(method => $"{method} {path.Key}")).ToHashSet();
        var gaps = endpoints
            .Endpoints.OfType<RouteEndpoint>()
            .Select(static endpoint =>
                (Path: $"/{endpoint.RoutePattern.RawText?.Trim('/')}", Methods: endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [])
            )
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
