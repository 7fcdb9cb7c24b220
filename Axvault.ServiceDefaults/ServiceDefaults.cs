using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Serilog.Events;

namespace Axvault.ServiceDefaults;

/// <summary>The basis of every Axvault service: telemetry, logs, health checks and HTTP resilience.</summary>
public static class ServiceDefaults
{
    /// <summary>Adds structured logs, OpenTelemetry, health checks and the resilience of every <see cref="HttpClient"/>.</summary>
    /// <param name="builder">The builder of the service.</param>
    /// <param name="version">The version of the service, for its telemetry.</param>
    /// <param name="minimumLevel">The least severe level that is logged, on the console and over OTLP alike; <see langword="null"/> logs nothing.</param>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder, string version, LogEventLevel? minimumLevel)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);

        builder.AddStructuredLogging(minimumLevel);
        builder.AddTelemetry(version);
        builder.Services.AddHealthChecks();
        builder.Services.AddHttpResilience();
        return builder;
    }
}
