namespace Axvault.AppHost;

/// <summary>Where the API listens, what it takes itself for, and how it is probed.</summary>
internal static class ApiHosting
{
    private const int Port = 3847;

    /// <summary>
    /// Adds the API's endpoint, told to the server by its own variables: in development the port that clients expect, on loopback; when
    /// published every address, from the image of the Containerfile.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithHosting(this IResourceBuilder<ProjectResource> api)
    {
        var publishing = api.ApplicationBuilder.ExecutionContext.IsPublishMode;
        if (!publishing)
        {
            api.WithEnvironment("ASPNETCORE_ENVIRONMENT", api.ApplicationBuilder.Environment.EnvironmentName);
        }

        return api
            // The arguments of a project do not go over to its container.
            .PublishAsDockerFile(static container => container.WithDockerfile("..", "Containerfile").WithArgs("serve"))
            // It speaks HTTP alone: without this the dashboard warns of a missing development certificate.
            .WithoutHttpsCertificate()
            .WithHttpEndpoint(port: publishing ? null : Port, targetPort: publishing ? Port : null, env: "AXVAULT_PORT", name: "http")
            // Localhost would be another address where IPv6 comes first.
            .WithEndpoint("http", static endpoint => endpoint.TargetHost = "127.0.0.1")
            .WithUrlForEndpoint("http", static url =>
            {
                // There is no page at the root.
                url.DisplayText = $"{url.Url} (health)";
                url.Url += "/api/v1/health";
            })
            .WithUrlForEndpoint("http", static _ => new() { Url = "/docs", DisplayText = "API reference" })
            .WithUrlForEndpoint("http", static _ => new() { Url = "/openapi/v1.json", DisplayText = "OpenAPI document", DisplayLocation = UrlDisplayLocation.DetailsOnly })
            .WithEnvironment("AXVAULT_HOST", publishing ? "0.0.0.0" : "127.0.0.1")
            .WithHttpProbe(ProbeType.Liveness, "/alive", periodSeconds: 10, timeoutSeconds: 5)
            .WithHttpProbe(ProbeType.Readiness, "/health", periodSeconds: 5, timeoutSeconds: 10);
    }
}
