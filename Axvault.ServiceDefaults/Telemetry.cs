using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Axvault.ServiceDefaults;

/// <summary>Traces, metrics and logs by OpenTelemetry, exported over OTLP when an endpoint is configured.</summary>
public static class Telemetry
{
    private const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>
    /// Adds the instrumentation of ASP.NET Core, <see cref="HttpClient"/> and the runtime. The exporter, its endpoint, headers and the
    /// service name follow the standard <c>OTEL_*</c> variables.
    /// </summary>
    public static TBuilder AddTelemetry<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);

        builder.Logging.AddOpenTelemetry(static logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });

        var telemetry = builder.Services.AddOpenTelemetry()
            .WithMetrics(static metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation())
            .WithTracing(tracing => tracing
                .AddSource(builder.Environment.ApplicationName)
                .AddAspNetCoreInstrumentation(static options => options.Filter = static context => !IsProbe(context.Request.Path))
                .AddHttpClientInstrumentation()
                .AddProcessor(new SecretMaskProcessor()));

        if (!string.IsNullOrWhiteSpace(builder.Configuration[OtlpEndpoint]))
        {
            telemetry.UseOtlpExporter();
            builder.Services.AddHostedService<TelemetryFlush>();
        }

        return builder;
    }

    // An orchestrator's probes, every few seconds, would bury the requests that matter.
    private static bool IsProbe(string? path) => path is HealthEndpoints.AlivePath or HealthEndpoints.ReadyPath;
}
