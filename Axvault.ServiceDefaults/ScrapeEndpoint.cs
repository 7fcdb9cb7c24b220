using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;

namespace Axvault.ServiceDefaults;

/// <summary>
/// The metrics in the text format of Prometheus, on a port of their own: nothing else is served there, and they are served nowhere else. Neither
/// side needs a key, so who may scrape is decided by who reaches the port.
/// </summary>
public static class ScrapeEndpoint
{
    /// <summary>The path that is scraped.</summary>
    public const string Path = "/metrics";

    /// <summary>Adds the exporter, from which each scrape takes what is measured at that moment.</summary>
    public static IServiceCollection AddScrapeEndpoint(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);

        services.AddOpenTelemetry().WithMetrics(static metrics => metrics.AddPrometheusExporter());
        return services;
    }

    /// <summary>Takes every request that came in by <paramref name="port"/> out of the pipeline, before anything of the service sees it.</summary>
    /// <param name="app">The pipeline, of which this must be the first part.</param>
    /// <param name="port">The port that the server listens on for scrapes.</param>
    public static IApplicationBuilder UseScrapeEndpoint(this IApplicationBuilder app, int port)
    {
        ArgumentNullException.ThrowIfNull(app);

        // By the socket: a host header may say anything.
        return app.MapWhen(context => context.Connection.LocalPort == port, static metrics =>
        {
            metrics.Use(static (context, next) =>
            {
                // Scrapes are no requests to the service.
                if (context.Features.Get<IHttpMetricsTagsFeature>() is { } tags)
                {
                    tags.MetricsDisabled = true;
                }

                return next(context);
            });

            // The rest is what a pipeline ends in: 404.
            metrics.UseOpenTelemetryPrometheusScrapingEndpoint(static context =>
                context.Request.Path == Path && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)));
        });
    }
}
