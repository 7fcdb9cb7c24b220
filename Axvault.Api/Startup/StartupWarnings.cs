using Axvault.Api.Database;

namespace Axvault.Api.Startup;

/// <summary>The warnings about settings that the server ignores, one log line per kind. No line has a value.</summary>
internal sealed partial class StartupWarnings(IConfiguration configuration, DatabaseOptions database, ILogger<StartupWarnings> logger) : IHostedService
{
    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (UnknownSettings.Find(configuration) is { Count: > 0 } unknown)
        {
            Log.UnknownSettings(logger, string.Join(", ", unknown));
        }

        if (database.IgnoredParameters is { Count: > 0 } ignored)
        {
            Log.IgnoredParameters(logger, string.Join(", ", ignored));
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Unknown settings are ignored: {Variables}. See axvault serve --help for the known ones")]
        public static partial void UnknownSettings(ILogger logger, string variables);

        [LoggerMessage(LogLevel.Warning, "Parameters of the database URL are ignored: {Parameters}. The server has no equivalent for them")]
        public static partial void IgnoredParameters(ILogger logger, string parameters);
    }
}
