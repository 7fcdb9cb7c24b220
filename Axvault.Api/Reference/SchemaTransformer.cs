using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>Says of each body what the serializer does: a member that is unset is left out, and a time is text.</summary>
internal sealed class SchemaTransformer : IOpenApiSchemaTransformer
{
    /// <inheritdoc />
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(context);

        var type = context.JsonTypeInfo;
        if ((Nullable.GetUnderlyingType(type.Type) ?? type.Type) == typeof(DateTimeOffset))
        {
            schema.Type = JsonSchemaType.String;
        }

        foreach (var member in type.Properties.Where(static member => member.IsGetNullable))
        {
            schema.Required?.Remove(member.Name);
        }

        return Task.CompletedTask;
    }
}
