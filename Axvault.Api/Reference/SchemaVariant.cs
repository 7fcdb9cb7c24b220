using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>One of several bodies that a type stands for, each of other calls.</summary>
/// <param name="Of">The schema of the type.</param>
/// <param name="Name">The name of the variant.</param>
/// <param name="Description">The description.</param>
/// <param name="Calls">The calls that take it, or answer with it.</param>
internal sealed record SchemaVariant(string Of, string Name, string Description, params string[] Calls)
{
    /// <summary>The members that are required, besides those that the type requires.</summary>
    public IReadOnlyList<string> With { get; init; } = [];

    /// <summary>The members of the type that are left out.</summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    /// <summary>Returns the schema of the variant.</summary>
    public OpenApiSchema Make(OpenApiSchema type)
    {
        var variant = (OpenApiSchema)type.CreateShallowCopy();
        variant.Description = Description;
        variant.Properties = type.Properties!.Where(member => !Without.Contains(member.Key)).ToDictionary();
        variant.Required = type.Required?.Union(With).ToHashSet() ?? [.. With];
        return variant;
    }
}
