using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace Axvault.ServiceDefaults;

/// <summary>Structured logs on standard output: readable lines in development, one compact JSON object a line elsewhere.</summary>
public static class StructuredLogging
{
    private const string ReadableLine = "{Timestamp:HH:mm:ss.fff} {Level:u3} {SourceContext}: {Message:lj}{NewLine}{Exception}";

    /// <summary>
    /// Routes every <see cref="Microsoft.Extensions.Logging.ILogger"/> through Serilog, which writes the console and hands the event on to the
    /// OpenTelemetry provider: one level governs both.
    /// </summary>
    /// <param name="builder">The service's builder.</param>
    /// <param name="minimumLevel">The least severe level that is logged; <see langword="null"/> logs nothing.</param>
    public static TBuilder AddStructuredLogging<TBuilder>(this TBuilder builder, LogEventLevel? minimumLevel)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);

        var readable = builder.Environment.IsDevelopment();
        builder.Logging.ClearProviders();
        builder.Services.AddSerilog(logger => Configure(logger, minimumLevel, readable), writeToProviders: true);
        return builder;
    }

    private static void Configure(LoggerConfiguration logger, LogEventLevel? minimumLevel, bool readable)
    {
        if (minimumLevel is not { } level)
        {
            logger.MinimumLevel.ControlledBy(new LoggingLevelSwitch(LevelAlias.Off));
            return;
        }

        // The frameworks stay above Debug at any level: below it they log headers and connection details.
        var frameworks = level >= LogEventLevel.Warning ? level : level == LogEventLevel.Information ? LogEventLevel.Warning : LogEventLevel.Information;
        logger.MinimumLevel.Is(level)
            .MinimumLevel.Override("Microsoft", frameworks)
            .MinimumLevel.Override("Npgsql", frameworks)
            .MinimumLevel.Override("Polly", frameworks)
            .MinimumLevel.Override("System", frameworks)
            // It logs each request with its whole query, and a client may have put a secret there.
            .MinimumLevel.Override("Microsoft.AspNetCore.Hosting.Diagnostics", level >= LogEventLevel.Warning ? level : LogEventLevel.Warning)
            .MinimumLevel.Override("Microsoft.Hosting.Lifetime", level)
            // A start that fails is reported once, by the program, in words that say what to do.
            .MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal)
            .Enrich.FromLogContext()
            .Enrich.With<PathRemoval>();

        if (readable)
        {
            logger.WriteTo.Console(outputTemplate: ReadableLine, formatProvider: CultureInfo.InvariantCulture);
        }
        else
        {
            logger.WriteTo.Console(new RenderedCompactJsonFormatter());
        }
    }

    /// <summary>Takes the path off every event, which the framework puts on all of a request's: a client may have put a secret there.</summary>
    private sealed class PathRemoval : ILogEventEnricher
    {
        public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory) => logEvent.RemovePropertyIfPresent("RequestPath");
    }
}
