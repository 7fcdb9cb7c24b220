using System.Diagnostics.CodeAnalysis;
using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>A header of the request that a handler reads for itself, optional.</summary>
/// <param name="Name">The header.</param>
/// <param name="Schema">Its JSON Schema.</param>
/// <param name="Description">What it means, in Markdown.</param>
internal sealed record RequestHeader(string Name, [StringSyntax(StringSyntaxAttribute.Json)] string Schema, string Description)
{
    /// <summary>The header as the document has it.</summary>
    public OpenApiParameter ToParameter() => new() { Name = Name, In = ParameterLocation.Header, Description = Description, Schema = SchemaText.Read(Schema) };
}
