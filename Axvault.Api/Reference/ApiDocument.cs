namespace Axvault.Api.Reference;

/// <summary>The description of the API (OpenAPI 3.1), as committed and built in. A test compares it with the endpoints.</summary>
internal static class ApiDocument
{
    /// <summary>The name of the document, and of the API's version in paths.</summary>
    public const string Name = "v1";

    /// <summary>Opens the document, in UTF-8.</summary>
    public static Stream Open() => typeof(ApiDocument).Assembly.GetManifestResourceStream("openapi.json")!;
}
