using System.Globalization;
using System.Text.Json.Nodes;
using Axvault.Api.Http.Description;
using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>Headers of answers, as the document has them.</summary>
internal static class HeaderSchema
{
    /// <summary>Returns <paramref name="headers"/> by their names, or <see langword="null"/> when there are none.</summary>
    public static Dictionary<string, IOpenApiHeader>? Of(IReadOnlyList<AnswerHeader> headers) =>
        headers.Count == 0 ? null : headers.ToDictionary(static header => header.Name, static IOpenApiHeader (header) => Of(header));

    private static OpenApiHeader Of(AnswerHeader header) =>
        new OpenApiHeader
        {
            Description = header.Description,
            Schema = new OpenApiSchema
            {
                Type = header.Minimum is null ? JsonSchemaType.String : JsonSchemaType.Integer,
                Format = header.IsPath ? "uri-reference" : null,
                Pattern = header.Pattern,
                Minimum = header.Minimum?.ToString(CultureInfo.InvariantCulture),
                Enum = header.OnlyValue is { } value ? [value] : null,
                Examples = header.Example is null ? null : [Example(header)],
            },
        };

    private static JsonNode Example(AnswerHeader header) => header.Minimum is null ? header.Example! : int.Parse(header.Example!, CultureInfo.InvariantCulture);
}
