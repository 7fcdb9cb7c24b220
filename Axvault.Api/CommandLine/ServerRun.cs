using System.Globalization;
using Axvault.Api.Pipeline;
using Axvault.Api.Startup;
using Microsoft.AspNetCore.Connections;

namespace Axvault.Api.CommandLine;

/// <summary>The run of a server until it is told to stop. A failed start is one line on standard error.</summary>
internal static partial class ServerRun
{
    /// <summary>Starts <paramref name="app"/>, waits for its end, and finishes what is in flight.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunToEndAsync(this WebApplication app)
    {
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
                // The signal to stop came during the start.
                await app.StopAsync(CancellationToken.None);
                return ExitCode.Success;
            }
            catch (ServerStartupException exception)
            {
                return await FailAsync(app, exception.Message);
            }
            catch (IOException exception) when (exception.InnerException is AddressInUseException)
            {
                return await FailAsync(
                    app,
                    IsMetricsPort(app, exception)
                        ? "The port for metrics is taken by another process. "
                            + $"Choose another with {ListenerOptions.MetricsPortSetting.Flag} or {ListenerOptions.MetricsPortSetting.Variable}."
                        : "The port is taken by another process. Choose another with --port or AXVAULT_PORT."
                );
            }
            catch (Exception exception) when (exception is System.Net.Sockets.SocketException or AddressInUseException)
            {
                return await FailAsync(
                    app,
                    "The server cannot listen on the given address. "
                        + "Check --host (AXVAULT_HOST) and --port (AXVAULT_PORT), and AXVAULT_METRICS_HOST when metrics are served."
                );
            }
        }
    }

    // "Failed to bind to address http://127.0.0.1:9464: address already in use.": only the message names the port.
    private static bool IsMetricsPort(WebApplication app, IOException exception) =>
        app.Services.GetRequiredService<ListenerOptions>().MetricsPort is > 0 and var port
        && exception.Message.Contains(string.Create(CultureInfo.InvariantCulture, $":{port}:"), StringComparison.Ordinal);

    private static async Task<int> FailAsync(WebApplication app, string reason)
    {
        Log.CannotStart(app.Logger, reason);
        await Console.Error.WriteLineAsync($"axvault: {reason}");

        // The port is bound already. A probe in flight must not find the services disposed of.
        await app.StopAsync(CancellationToken.None);
        return ExitCode.Failure;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Critical, "The server cannot start: {Reason}")]
        public static partial void CannotStart(ILogger logger, string reason);
    }
}
