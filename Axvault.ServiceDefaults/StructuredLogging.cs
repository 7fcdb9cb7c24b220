using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Compact;
using Serilog.Formatting.Display;

namespace Axvault.ServiceDefaults;

/// <summary>Structured logs on standard output: readable lines in development, otherwise one compact JSON object per line.</summary>
public static class StructuredLogging
{
    private const string ReadableLine = "{Timestamp:HH:mm:ss.fff} {Level:u3} {SourceContext}: {Message:lj}{NewLine}{Exception}";

    /// <summary>
    /// Routes every <see cref="Microsoft.Extensions.Logging.ILogger"/> through Serilog, which writes to the console and to the OpenTelemetry provider.
    /// One level governs both.
    /// </summary>
    /// <param name="builder">The builder of the service.</param>
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

        // At level Debug the frameworks log headers and connection details, so they stay above it.
        var frameworks =
            level >= LogEventLevel.Warning ? level
            : level == LogEventLevel.Information ? LogEventLevel.Warning
            : LogEventLevel.Information;
        logger
            .MinimumLevel.Is(level)
            .MinimumLevel.Override("Microsoft", frameworks)
            .MinimumLevel.Override("Npgsql", frameworks)
            .MinimumLevel.Override("Polly", frameworks)
            .MinimumLevel.Override("System", frameworks)
            // This category logs each request with its query, in which a client may have put a secret.
            .MinimumLevel.Override("Microsoft.AspNetCore.Hosting.Diagnostics", level >= LogEventLevel.Warning ? level : LogEventLevel.Warning)
            .MinimumLevel.Override("Microsoft.Hosting.Lifetime", level)
            // The program reports a failed start itself, once, and says what to do.
            .MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal)
            // The server logs a failed call itself, without the text of the exception.
            .MinimumLevel.Override("Yarp", LogEventLevel.Fatal)
            .Enrich.FromLogContext()
            .Enrich.With<PathRemoval>();

        ITextFormatter lines = readable ? new MessageTemplateTextFormatter(ReadableLine, CultureInfo.InvariantCulture) : new RenderedCompactJsonFormatter();
        logger.WriteTo.Console(new EscapedLines(lines));
    }

    /// <summary>The removal of the request path from every event, because a client may have put a secret there.</summary>
    private sealed class PathRemoval : ILogEventEnricher
    {
        public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory) => logEvent.RemovePropertyIfPresent("RequestPath");
    }
}
