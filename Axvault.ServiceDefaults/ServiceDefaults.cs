using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Serilog.Events;

namespace Axvault.ServiceDefaults;

/// <summary>What every Axvault service has before it does anything of its own: telemetry, logs, health and HTTP resilience.</summary>
public static class ServiceDefaults
{
    /// <summary>Adds structured logs, OpenTelemetry, health checks and the resilience of every <see cref="HttpClient"/>.</summary>
    /// <param name="builder">The service's builder.</param>
    /// <param name="minimumLevel">The least severe level that is logged, on the console and over OTLP alike; <see langword="null"/> logs nothing.</param>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder, LogEventLevel? minimumLevel)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);

        builder.AddStructuredLogging(minimumLevel);
        builder.AddTelemetry();
        builder.Services.AddHealthChecks();
        builder.Services.AddHttpResilience();
        return builder;
    }
}
