using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Axvault.AppHost;

/// <summary>The run of the AppHost in a terminal: its output, the order of its stop, and its exit code.</summary>
internal static class AppHostRun
{
    /// <summary>Sets the output in the terminal and the order of the stop.</summary>
    public static IDistributedApplicationBuilder WithTerminal(this IDistributedApplicationBuilder builder)
    {
        // The AppHost must wait for the end of the API. Otherwise PostgreSQL would stop during the last requests.
        builder.Configuration["DcpPublisher:WaitForResourceCleanup"] = "true";
        builder.Services.AddLogging(static logging =>
            logging
                // RunToEndAsync reports a failed start.
                .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None)
                // The framework logs every request of the dashboard, which would hide the login link.
                .AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
        );
        return builder;
    }

    /// <summary>Runs the graph until it is stopped.</summary>
    /// <returns>The exit code: 0, or 1 for a failure that has been reported in one line.</returns>
    public static async Task<int> RunToEndAsync(this DistributedApplication application)
    {
        try
        {
            await application.RunAsync();
            return Environment.ExitCode;
        }
        catch (Exception) when (Environment.ExitCode != 0)
        {
            // The part that set the exit code has reported the reason. This exception is only a consequence.
            return Environment.ExitCode;
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            Console.Error.WriteLine(
                $"axvault: {exception.Message} Another AppHost is running, of this clone or of another, or another program has the port. "
                    + "Stop it, or change the ports in Axvault.AppHost/Properties/launchSettings.json."
            );
            return 1;
        }
    }
}
