using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;

namespace Axvault.ServiceDefaults;

/// <summary>The metrics in the text format of Prometheus, on a separate port that serves nothing else.</summary>
/// <remarks>A scrape needs no key, so the network decides which clients may scrape.</remarks>
public static class ScrapeEndpoint
{
    /// <summary>The path that is scraped.</summary>
    public const string Path = "/metrics";

    /// <summary>Adds the exporter, which measures at each scrape.</summary>
    public static IServiceCollection AddScrapeEndpoint(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);

        services.AddOpenTelemetry().WithMetrics(static metrics => metrics.AddPrometheusExporter());
        return services;
    }

    /// <summary>Takes every request to <paramref name="port"/> out of the pipeline before the service sees it.</summary>
    /// <param name="app">The pipeline, of which this must be the first part.</param>
    /// <param name="port">The port that the server listens on for scrapes.</param>
    public static IApplicationBuilder UseScrapeEndpoint(this IApplicationBuilder app, int port)
    {
        ArgumentNullException.ThrowIfNull(app);

        // The port is that of the socket, because a client chooses the host header.
        return app.MapWhen(
            context => context.Connection.LocalPort == port,
            static metrics =>
            {
                metrics.Use(
                    static (context, next) =>
                    {
                        // A scrape does not count as a request to the service.
                        if (context.Features.Get<IHttpMetricsTagsFeature>() is { } tags)
                        {
                            tags.MetricsDisabled = true;
                        }

                        return next(context);
                    }
                );

                // Every other request ends in 404.
                metrics.UseOpenTelemetryPrometheusScrapingEndpoint(static context =>
                    context.Request.Path == Path && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
                );
            }
        );
    }
}
