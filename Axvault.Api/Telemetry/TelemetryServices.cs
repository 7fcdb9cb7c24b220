using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Axvault.Api.Telemetry;

/// <summary>What collects the server's own spans and metrics.</summary>
internal static class TelemetryServices
{
    /// <summary>Adds the source of spans and the meter to what is exported, if anything is.</summary>
    public static IServiceCollection AddVaultTelemetry(this IServiceCollection services) => services
        .ConfigureOpenTelemetryMeterProvider(static metrics => metrics.AddMeter(VaultSpans.SourceName))
        .ConfigureOpenTelemetryTracerProvider(static tracing => tracing.AddSource(VaultSpans.SourceName));
}
