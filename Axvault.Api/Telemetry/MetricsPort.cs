using Axvault.Api.Configuration;
using Axvault.ServiceDefaults;

namespace Axvault.Api.Telemetry;

/// <summary>The port that serves metrics to Prometheus, when one is set.</summary>
internal static class MetricsPort
{
    /// <summary>Adds what is served there.</summary>
    public static void AddMetricsPort(this WebApplicationBuilder builder, AxvaultOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);

        if (options.MetricsPort > 0)
        {
            builder.Services.AddScrapeEndpoint();
        }
    }

    /// <summary>Serves the metrics on it, whatever state the vault is in. The first part of the pipeline.</summary>
    public static void UseMetricsPort(this IApplicationBuilder app, AxvaultOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);

        if (options.MetricsPort > 0)
        {
            app.UseScrapeEndpoint(options.MetricsPort);
        }
    }
}
