using Serilog.Events;

namespace Axvault.Api.Settings;

/// <summary>The names of log levels that <c>AXVAULT_LOG_LEVEL</c> takes: those of the npm server's logger.</summary>
internal static class LogLevelName
{
    /// <summary>The names, least severe first, for an error message.</summary>
    public const string Expected = "trace, debug, info, warn, error, fatal or silent";

    /// <summary>Reads <paramref name="name"/>; <c>silent</c> is no level at all: <see langword="null"/>.</summary>
    public static bool TryParse(string name, out LogEventLevel? level)
    {
        (var known, level) = name switch
        {
            "trace" => (true, LogEventLevel.Verbose),
            "debug" => (true, LogEventLevel.Debug),
            "info" => (true, LogEventLevel.Information),
            "warn" => (true, LogEventLevel.Warning),
            "error" => (true, LogEventLevel.Error),
            "fatal" => (true, LogEventLevel.Fatal),
            "silent" => (true, null),
            _ => (false, (LogEventLevel?)null),
        };
        return known;
    }
}
