namespace Axvault.Api.Reference;

/// <summary>The description of the API (OpenAPI 3.1), as it is committed and was built in. A test holds it against what the endpoints say.</summary>
internal static class ApiDocument
{
    /// <summary>The name of the document, which is also that of the API's version in paths.</summary>
    public const string Name = "v1";

    /// <summary>Opens the document, as UTF-8.</summary>
    public static Stream Open() => typeof(ApiDocument).Assembly.GetManifestResourceStream("openapi.json")!;
}
