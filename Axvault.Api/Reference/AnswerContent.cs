using System.Diagnostics.CodeAnalysis;
using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>Another form of the body of an answer, for a client that accepts it.</summary>
/// <param name="Status">The HTTP status of the answer.</param>
/// <param name="MediaType">The media type.</param>
/// <param name="Schema">Its JSON Schema.</param>
internal sealed record AnswerContent(int Status, string MediaType, [StringSyntax(StringSyntaxAttribute.Json)] string Schema)
{
    /// <summary>The form as the document has it.</summary>
    public OpenApiMediaType ToMediaType() => new() { Schema = SchemaText.Read(Schema) };
}
