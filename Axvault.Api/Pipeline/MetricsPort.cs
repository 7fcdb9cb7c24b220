using Axvault.ServiceDefaults;

namespace Axvault.Api.Pipeline;

/// <summary>The port that serves metrics to Prometheus, when one is set.</summary>
internal static class MetricsPort
{
    /// <summary>Adds the exporter of the metrics.</summary>
    public static void AddMetricsPort(this WebApplicationBuilder builder, ListenerOptions options)
    {
        if (options.MetricsPort > 0)
        {
            builder.Services.AddScrapeEndpoint();
        }
    }

    /// <summary>Serves the metrics as the first part of the pipeline, also while the server is starting.</summary>
    public static void UseMetricsPort(this IApplicationBuilder app, ListenerOptions options)
    {
        if (options.MetricsPort > 0)
        {
            app.UseScrapeEndpoint(options.MetricsPort);
        }
    }
}
