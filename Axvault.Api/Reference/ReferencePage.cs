using Scalar.AspNetCore;

namespace Axvault.Api.Reference;

/// <summary>
/// The page on which people read the document and try calls (Scalar). Its policy allows it to load only from this server.
/// </summary>
internal static class ReferencePage
{
    private const string Title = "Axvault API";

    // A keyhole, as a data URI: a path of its own would be one more to serve.
    private const string Icon =
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='7' fill='%231f3a5f'/%3E"
        + "%3Ccircle cx='16' cy='13' r='5' fill='%23fff'/%3E%3Cpath d='M14 15h4l2 10h-8z' fill='%23fff'/%3E%3C/svg%3E";

    private const string Head = $"""
        <meta name="description" content="The HTTP API of Axvault, a credential server for AI coding agents." />
            <meta name="robots" content="noindex" />
            <link rel="icon" href="{Icon}" />
        """;

    /// <summary>Maps the page and its script at <paramref name="path"/>.</summary>
    public static void MapReferencePage(this IEndpointRouteBuilder app, string path, string documentPath) =>
        app.MapScalarApiReference(path, page => Configure(page, documentPath)).AddEndpointFilter(ProtectAsync);

    // Every feature that contacts another host is switched off: fonts, telemetry, the proxy and the assistant.
    private static void Configure(ScalarOptions page, string documentPath)
    {
        page.Title = Title;
        page.HeadContent = Head;
        page.Favicon = Icon;
        page.OpenApiRoutePattern = documentPath;
        page.SchemaPropertyOrder = PropertyOrder.Preserve;
        page.DynamicNonce = true;
        page.DefaultFonts = false;
        page.Telemetry = false;
        page.HideClientButton = true;
        page.ShowDeveloperTools = DeveloperToolsVisibility.Never;
        page.DocumentDownloadType = DocumentDownloadType.Json;
        page.Agent = new ScalarAgentOptions { Disabled = true };
        page.Mcp = new ScalarMcpOptions { Disabled = true };

        // A typed key is forgotten with the page.
        page.PersistentAuthentication = false;
        page.AddPreferredSecuritySchemes(DocumentTransformer.SecurityScheme);
        page.WithDefaultHttpClient(ScalarTarget.Shell, ScalarClient.Curl);
    }

    private static async ValueTask<object?> ProtectAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;

        // The library offers a page per document name. There is one document, so the name is fixed.
        if (http.GetRouteValue("documentName") is not null)
        {
            return TypedResults.NotFound();
        }

        var result = await next(context);
        http.Response.Headers.ContentSecurityPolicy = Policy(http.Items[ScalarOptions.NonceHttpContextItemKey] as string);
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        return result;
    }

    // The script makes styles as it runs. The only scripts are the one from this server and the page's own start of it.
    private static string Policy(string? nonce) =>
        $"default-src 'none'; script-src 'self'{(nonce is null ? "" : $" 'nonce-{nonce}'")}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        + "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}
