using Axvault.Api.Http;

namespace Axvault.Api.Reference;

/// <summary>
/// The reference of the API: a document for tools, and a page on which people read it and try calls. Both are public, and hold no secret.
/// </summary>
internal static class ApiReference
{
    private const string DocumentPath = $"/openapi/{ApiDocument.Name}.json";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Adds the generator of the document, if this build includes it.</summary>
    public static void AddDocumentGenerator(this WebApplicationBuilder builder)
    {
        if (DocumentGenerator.IsIncluded)
        {
            builder.Services.AddJsonContext(ParameterJsonContext.Default);
            builder.Services.AddSingleton<DocumentGenerator>();
            builder.Services.AddOpenApi(ApiDocument.Name, static document =>
                document.AddSchemaTransformer<SchemaTransformer>().AddOperationTransformer<OperationTransformer>().AddDocumentTransformer<DocumentTransformer>()
            );
        }
    }

    /// <summary>Maps <c>/openapi/v1.json</c> and <c>/docs</c>.</summary>
    public static void MapApiReference(this IEndpointRouteBuilder app)
    {
        app.MapMethods(DocumentPath, Methods, static () => TypedResults.Stream(ApiDocument.Open(), "application/json")).ExcludeFromDescription();
        app.MapReferencePage("/docs", DocumentPath);
    }
}
