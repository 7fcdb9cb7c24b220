using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>Makes the description of the API (OpenAPI 3.1) from its endpoints.</summary>
internal sealed class DocumentGenerator([FromKeyedServices(ApiDocument.Name)] IOpenApiDocumentProvider provider)
{
    /// <summary>
    /// <see langword="true"/> when this build includes the generator; otherwise <see langword="false"/>. It is a fifth of the program, and a server never needs
    /// it. Therefore a published program has only the document.
    /// </summary>
    [FeatureSwitchDefinition("Axvault.Reference.DocumentGenerator")]
    public static bool IsIncluded => !AppContext.TryGetSwitch("Axvault.Reference.DocumentGenerator", out var included) || included;

    /// <summary>Returns the document, in UTF-8.</summary>
    public async Task<byte[]> MakeAsync()
    {
        var document = await provider.GetOpenApiDocumentAsync();
        using var json = new MemoryStream();
        await document.SerializeAsJsonAsync(json, OpenApiSpecVersion.OpenApi3_1);
        json.WriteByte((byte)'\n');
        return json.ToArray();
    }
}
