using System.Diagnostics.CodeAnalysis;
using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>A header that an answer may have.</summary>
/// <param name="Status">The HTTP status of the answer.</param>
/// <param name="Name">The header.</param>
/// <param name="Schema">Its JSON Schema.</param>
/// <param name="Description">When it is there, and what it means, in Markdown.</param>
internal sealed record AnswerHeader(int Status, string Name, [StringSyntax(StringSyntaxAttribute.Json)] string Schema, string Description)
{
    /// <summary>The header as the document has it.</summary>
    public IOpenApiHeader ToHeader() => new OpenApiHeader { Description = Description, Schema = SchemaText.Read(Schema) };
}
