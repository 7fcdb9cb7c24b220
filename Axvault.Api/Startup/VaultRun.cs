using System.Globalization;
using Axvault.Api.CommandLine;
using Axvault.Api.Configuration;
using Microsoft.AspNetCore.Connections;

namespace Axvault.Api.Startup;

/// <summary>Runs a server until it is told to stop, and says in one line on standard error why it could not.</summary>
internal static partial class VaultRun
{
    /// <summary>Starts <paramref name="app"/>, waits for its end, and finishes what is in flight.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunToEndAsync(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);

        await using (app)
        {
            try
            {
                await app.StartAsync();
                await app.WaitForShutdownAsync();
                return ExitCode.Success;
            }
            catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
            {
                // Told to stop while it was still starting.
                await app.StopAsync(CancellationToken.None);
                return ExitCode.Success;
            }
            catch (VaultStartupException exception)
            {
                return await FailAsync(app, exception.Message);
            }
            catch (IOException exception) when (exception.InnerException is AddressInUseException)
            {
                return await FailAsync(app, IsMetricsPort(app, exception)
                    ? $"The port for metrics is taken by another process. Choose another with {Setting.MetricsPort.Flag} or {Setting.MetricsPort.Variable}."
                    : "The port is taken by another process. Choose another with --port or AXVAULT_PORT.");
            }
            catch (Exception exception) when (exception is System.Net.Sockets.SocketException or AddressInUseException)
            {
                return await FailAsync(app, "The server cannot listen on the given address. Check --host (AXVAULT_HOST) and --port (AXVAULT_PORT), and AXVAULT_METRICS_HOST when metrics are served.");
            }
        }
    }

    // "Failed to bind to address http://127.0.0.1:9464: address already in use.": which of the two it was is in the message alone.
    private static bool IsMetricsPort(WebApplication app, IOException exception) =>
        app.Services.GetRequiredService<AxvaultOptions>().MetricsPort is > 0 and var port
        && exception.Message.Contains(string.Create(CultureInfo.InvariantCulture, $":{port}:"), StringComparison.Ordinal);

    private static async Task<int> FailAsync(WebApplication app, string reason)
    {
        Log.CannotStart(app.Logger, reason);
        await Console.Error.WriteLineAsync($"axvault: {reason}");

        // The port is bound already: a probe that is being answered must not find the services gone.
        await app.StopAsync(CancellationToken.None);
        return ExitCode.Failure;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Critical, "The server cannot start: {Reason}")]
        public static partial void CannotStart(ILogger logger, string reason);
    }
}
