using System.Diagnostics.CodeAnalysis;
using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>A query parameter that a handler reads for itself, optional.</summary>
/// <param name="Name">The parameter.</param>
/// <param name="Schema">Its JSON Schema.</param>
/// <param name="Description">What it means, in Markdown.</param>
internal sealed record QueryParameter(string Name, [StringSyntax(StringSyntaxAttribute.Json)] string Schema, string Description)
{
    /// <summary>The parameter as the document has it.</summary>
    public OpenApiParameter ToParameter() => new() { Name = Name, In = ParameterLocation.Query, Description = Description, Schema = SchemaText.Read(Schema) };
}
