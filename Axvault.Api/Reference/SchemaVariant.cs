using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>One of several bodies that a type stands for, each of another call.</summary>
/// <param name="Of">The schema of the type.</param>
/// <param name="Name">The name of this one.</param>
/// <param name="Description">What it is.</param>
/// <param name="Call">The call that takes it, or answers with it.</param>
internal sealed record SchemaVariant(string Of, string Name, string Description, string Call)
{
    /// <summary>The members that it always has, besides those that the type always has.</summary>
    public IReadOnlyList<string> With { get; init; } = [];

    /// <summary>The members that it never has.</summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    /// <summary>Makes the schema of it.</summary>
    public OpenApiSchema Make(OpenApiSchema type)
    {
        ArgumentNullException.ThrowIfNull(type);

        var variant = (OpenApiSchema)type.CreateShallowCopy();
        variant.Description = Description;
        variant.Properties = type.Properties!.Where(member => !Without.Contains(member.Key)).ToDictionary();
        variant.Required = type.Required?.Union(With).ToHashSet() ?? [.. With];
        return variant;
    }
}
