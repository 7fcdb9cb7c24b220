using System.Diagnostics.CodeAnalysis;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace Axvault.Api.Reference;

/// <summary>JSON Schema as it is written beside an endpoint: text, so that a start makes nothing of it.</summary>
internal static class SchemaText
{
    /// <summary>Reads <paramref name="text"/>.</summary>
    /// <exception cref="InvalidOperationException">It is no schema.</exception>
    public static OpenApiSchema Read([StringSyntax(StringSyntaxAttribute.Json)] string text)
    {
        var schema = OpenApiModelFactory.Parse<OpenApiSchema>(text, OpenApiSpecVersion.OpenApi3_1, new OpenApiDocument(), out var diagnostic, OpenApiConstants.Json);
        return schema is not null && diagnostic.Errors.Count == 0 ? schema : throw new InvalidOperationException($"This is no schema: {text}");
    }
}
