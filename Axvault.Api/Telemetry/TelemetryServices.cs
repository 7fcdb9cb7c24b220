using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Axvault.Api.Telemetry;

/// <summary>The registration of the server's own spans and metrics.</summary>
internal static class TelemetryServices
{
    /// <summary>Adds the source of spans and the meter to the exported telemetry.</summary>
    public static IServiceCollection AddServerTelemetry(this IServiceCollection services) =>
        services
            .ConfigureOpenTelemetryMeterProvider(static metrics => metrics.AddMeter(ServerSpans.SourceName))
            .ConfigureOpenTelemetryTracerProvider(static tracing => tracing.AddSource(ServerSpans.SourceName));
}
