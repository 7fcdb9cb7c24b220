namespace Axvault.AppHost;

/// <summary>The endpoint, the environment and the probes of the API.</summary>
internal static class ApiHosting
{
    private const int Port = 3847;

    /// <summary>Adds the endpoint of the API, by the server's own variables.</summary>
    /// <remarks>In development it is the usual port on loopback. The published API listens on every address, in the image of the Containerfile.</remarks>
    public static IResourceBuilder<ProjectResource> WithHosting(this IResourceBuilder<ProjectResource> api)
    {
        var publishing = api.ApplicationBuilder.ExecutionContext.IsPublishMode;
        if (!publishing)
        {
            api.WithEnvironment("ASPNETCORE_ENVIRONMENT", api.ApplicationBuilder.Environment.EnvironmentName);
        }

        return api
            // The arguments of a project do not apply to its container.
            .PublishAsDockerFile(static container => container.WithDockerfile("..", "Containerfile").WithArgs("serve"))
            // The API speaks only HTTP. Without this the dashboard warns of a missing development certificate.
            .WithoutHttpsCertificate()
            .WithHttpEndpoint(port: publishing ? null : Port, targetPort: publishing ? Port : null, env: "AXVAULT_PORT", name: "http")
            // Where IPv6 comes first, localhost would be another address.
            .WithEndpoint("http", static endpoint => endpoint.TargetHost = "127.0.0.1")
            .WithUrlForEndpoint("http", static url =>
            {
                // The root has no page.
                url.DisplayText = $"{url.Url} (health)";
                url.Url += "/api/v1/health";
            })
            .WithUrlForEndpoint("http", static _ => new() { Url = "/docs", DisplayText = "API reference" })
            .WithUrlForEndpoint("http", static _ => new()
            {
                Url = "/openapi/v1.json",
                DisplayText = "OpenAPI document",
                DisplayLocation = UrlDisplayLocation.DetailsOnly,
            })
            .WithEnvironment("AXVAULT_HOST", publishing ? "0.0.0.0" : "127.0.0.1")
            .WithHttpProbe(ProbeType.Liveness, "/alive", periodSeconds: 10, timeoutSeconds: 5)
            .WithHttpProbe(ProbeType.Readiness, "/health", periodSeconds: 5, timeoutSeconds: 10);
    }
}
