using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Axvault.ServiceDefaults;

/// <summary>Traces, metrics and logs by OpenTelemetry, exported over OTLP when an endpoint is configured.</summary>
public static class Telemetry
{
    private const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>
    /// Adds the instrumentation of ASP.NET Core, <see cref="HttpClient"/> and the runtime.
    /// The standard <c>OTEL_*</c> variables set the exporter, its endpoint and headers, and the name of the service.
    /// Without them the service has the name of the application.
    /// </summary>
    /// <param name="builder">The builder of the service.</param>
    /// <param name="version">The version of the service.</param>
    public static TBuilder AddTelemetry<TBuilder>(this TBuilder builder, string version)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);

        builder.Logging.AddOpenTelemetry(static logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });

        // The instrumentation of ASP.NET Core would otherwise read the client's headers a second time, and join the client's trace.
        Sdk.SetDefaultTextMapPropagator(new TraceContextPropagator());
        var telemetry = builder
            .Services.AddOpenTelemetry()
            .ConfigureResource(resource =>
                resource
                    .AddService(builder.Environment.ApplicationName, serviceVersion: version)
                    // The variables override the name and version above.
                    .AddEnvironmentVariableDetector()
            )
            .WithMetrics(static metrics => metrics.AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddRuntimeInstrumentation());

        if (IsExported(builder.Configuration))
        {
            // Without an exporter no one would read the spans.
            telemetry.WithTracing(static tracing =>
                tracing
                    .AddAspNetCoreInstrumentation(static options => options.Filter = static context => !IsPolled(context.Request.Path))
                    .AddHttpClientInstrumentation()
                    .AddProcessor(new SecretMaskProcessor())
            );
            telemetry.UseOtlpExporter();
            builder.Services.AddHostedService<TelemetryFlush>();
        }

        return builder;
    }

    /// <summary><c>true</c> when traces, metrics and logs are exported over OTLP; otherwise <c>false</c>.</summary>
    public static bool IsExported(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);

        return !string.IsNullOrWhiteSpace(configuration[OtlpEndpoint]);
    }

    // Probes and scrapes come every few seconds, and would hide the requests that matter.
    private static bool IsPolled(string? path) => path is HealthEndpoints.AlivePath or HealthEndpoints.ReadyPath or ScrapeEndpoint.Path;
}
