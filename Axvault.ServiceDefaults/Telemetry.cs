using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Axvault.ServiceDefaults;

/// <summary>Traces, metrics and logs by OpenTelemetry, exported over OTLP when an endpoint is configured.</summary>
public static class Telemetry
{
    private const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private static string? Version => Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;

    /// <summary>
    /// Adds the instrumentation of ASP.NET Core, <see cref="HttpClient"/> and the runtime. The exporter, its endpoint and headers follow the standard
    /// <c>OTEL_*</c> variables, and so does the service's name, which is the application's when they give none.
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
            .ConfigureResource(resource => resource
                .AddService(builder.Environment.ApplicationName, serviceVersion: Version)
                // What it says beats what was said before it.
                .AddEnvironmentVariableDetector())
            .WithMetrics(static metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation());

        if (IsExported(builder.Configuration))
        {
            // Without an exporter spans would be made for nobody.
            telemetry.WithTracing(static tracing => tracing
                .AddAspNetCoreInstrumentation(static options => options.Filter = static context => !IsPolled(context.Request.Path))
                .AddHttpClientInstrumentation()
                .AddProcessor(new SecretMaskProcessor()));
            telemetry.UseOtlpExporter();
            builder.Services.AddHostedService<TelemetryFlush>();
        }

        return builder;
    }

    /// <summary>Whether traces, metrics and logs are exported over OTLP.</summary>
    public static bool IsExported(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);

        return !string.IsNullOrWhiteSpace(configuration[OtlpEndpoint]);
    }

    // Probes and scrapes, every few seconds, would bury the requests that matter.
    private static bool IsPolled(string? path) => path is HealthEndpoints.AlivePath or HealthEndpoints.ReadyPath or ScrapeEndpoint.Path;
}
