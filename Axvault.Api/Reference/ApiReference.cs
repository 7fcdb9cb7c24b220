using Axvault.Api.Configuration;

namespace Axvault.Api.Reference;

/// <summary>The reference of the API: a document for tools, and a page on which people read it and try calls. Both are for anyone, and hold no secret.</summary>
internal static class ApiReference
{
    private const string DocumentPath = $"/openapi/{ApiDocument.Name}.json";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Adds what describes the API, unless it is switched off. Nothing is described before somebody asks.</summary>
    public static void AddApiReference(this WebApplicationBuilder builder, AxvaultOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);

        if (options.Docs)
        {
            builder.Services.AddSingleton<ApiDocument>();
            builder.Services.AddOpenApi(ApiDocument.Name, static document => document
                .AddSchemaTransformer<SchemaTransformer>()
                .AddOperationTransformer<OperationTransformer>()
                .AddDocumentTransformer<DocumentTransformer>());
        }
    }

    /// <summary>Maps <c>/openapi/v1.json</c> and <c>/docs</c>, unless they are switched off.</summary>
    public static void MapApiReference(this IEndpointRouteBuilder app, AxvaultOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);

        if (options.Docs)
        {
            app.MapMethods(DocumentPath, Methods, static async (ApiDocument document) => TypedResults.Bytes(await document.GetAsync(), "application/json")).ExcludeFromDescription();
            app.MapReferencePage("/docs", DocumentPath);
        }
    }
}
