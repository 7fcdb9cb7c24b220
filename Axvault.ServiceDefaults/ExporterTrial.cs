using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Axvault.ServiceDefaults;

/// <summary>Builds the OTLP exporters as the service does, to find the variables that they refuse before the service starts.</summary>
public static class ExporterTrial
{
    private const string Prefix = "OTEL_";
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Returns the names of the <c>OTEL_*</c> variables in <paramref name="configuration"/> that an exporter refuses, sorted.</summary>
    public static IReadOnlyList<string> FindRefused(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);

        var variables = configuration
            .AsEnumerable()
            .Where(static pair => pair.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && !string.IsNullOrEmpty(pair.Value))
            .ToDictionary(static pair => pair.Key, static pair => pair.Value, StringComparer.OrdinalIgnoreCase);
        if (!IsRefused(variables))
        {
            return [];
        }

        // One at a time, because the words of the exporter do not name the variable and may repeat its value.
        string[] alone =
        [
            .. variables
                .Where(variable => IsRefused(new() { [Endpoint] = variables.GetValueOrDefault(Endpoint), [variable.Key] = variable.Value }))
                .Select(static variable => variable.Key),
        ];
        return alone.Length > 0 ? [.. alone.Order(StringComparer.Ordinal)] : [string.Join(" and ", variables.Keys.Order(StringComparer.Ordinal))];
    }

    private static bool IsRefused(Dictionary<string, string?> variables)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(variables).Build());
        services.AddLogging(static logging => logging.AddOpenTelemetry());
        services.AddOpenTelemetry().WithTracing(static _ => { }).WithMetrics(static _ => { }).UseOtlpExporter();
        try
        {
            using var provider = services.BuildServiceProvider();
            _ = (provider.GetRequiredService<TracerProvider>(), provider.GetRequiredService<MeterProvider>(), provider.GetRequiredService<ILoggerFactory>());
            return false;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return true;
        }
    }
}
