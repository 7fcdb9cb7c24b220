using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>Makes the description of the API (OpenAPI 3.1) of what its endpoints say of themselves.</summary>
internal sealed class DocumentGenerator([FromKeyedServices(ApiDocument.Name)] IOpenApiDocumentProvider provider)
{
    /// <summary>
    /// Whether this build can: what is published cannot, and has the document alone. Making it takes a fifth of the program, which a server never needs.
    /// </summary>
    [FeatureSwitchDefinition("Axvault.Reference.DocumentGenerator")]
    public static bool IsIncluded => !AppContext.TryGetSwitch("Axvault.Reference.DocumentGenerator", out var included) || included;

    /// <summary>The document as UTF-8.</summary>
    public async Task<byte[]> MakeAsync()
    {
        var document = await provider.GetOpenApiDocumentAsync();
        using var json = new MemoryStream();
        await document.SerializeAsJsonAsync(json, OpenApiSpecVersion.OpenApi3_1);
        json.WriteByte((byte)'\n');
        return json.ToArray();
    }
}
