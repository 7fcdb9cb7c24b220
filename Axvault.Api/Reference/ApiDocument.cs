using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>The description of the API (OpenAPI 3.1), made once, when it is first asked for.</summary>
internal sealed class ApiDocument([FromKeyedServices(ApiDocument.Name)] IOpenApiDocumentProvider provider)
{
    /// <summary>The name of the document, which is also that of the API's version in paths.</summary>
    public const string Name = "v1";

    private readonly Lazy<Task<byte[]>> _json = new(() => WriteAsync(provider));

    /// <summary>The document as UTF-8.</summary>
    public Task<byte[]> GetAsync() => _json.Value;

    private static async Task<byte[]> WriteAsync(IOpenApiDocumentProvider provider)
    {
        var document = await provider.GetOpenApiDocumentAsync();
        using var json = new MemoryStream();
        await document.SerializeAsJsonAsync(json, OpenApiSpecVersion.OpenApi3_1);
        json.WriteByte((byte)'\n');
        return json.ToArray();
    }
}
