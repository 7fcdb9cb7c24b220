using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>Describes the rules of the serializer: an unset member is left out, and a time is a text.</summary>
internal sealed class SchemaTransformer : IOpenApiSchemaTransformer
{
    /// <inheritdoc />
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = context.JsonTypeInfo;
        if ((Nullable.GetUnderlyingType(type.Type) ?? type.Type) == typeof(DateTimeOffset))
        {
            schema.Type = JsonSchemaType.String;
        }

        foreach (var member in type.Properties)
        {
            if (member.IsGetNullable)
            {
                schema.Required?.Remove(member.Name);
            }
            else if (member.Set is null)
            {
                (schema.Required ??= new HashSet<string>()).Add(member.Name);
            }
        }

        return Task.CompletedTask;
    }
}
