using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Axvault.AppHost;

/// <summary>How the AppHost runs in a terminal: what it says there, in what order it stops, and with what exit code it ends.</summary>
internal static class AppHostRun
{
    /// <summary>Sets what the terminal shows and how the graph stops.</summary>
    public static IDistributedApplicationBuilder WithTerminal(this IDistributedApplicationBuilder builder)
    {
        // Else the AppHost does not wait for the API's end, and PostgreSQL would be stopped under its last requests.
        builder.Configuration["DcpPublisher:WaitForResourceCleanup"] = "true";
        builder.Services.AddLogging(static logging => logging
            // A start that fails says why itself.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None)
            // Every request of the dashboard is logged, and buries its login link.
            .AddFilter("Microsoft.AspNetCore", LogLevel.Warning));
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
            // Reported by what set the exit code and stopped the graph; what that broke elsewhere is no news.
            return Environment.ExitCode;
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            Console.Error.WriteLine(
                $"axvault: {exception.Message} Another AppHost is running, of this clone or of another (all use the same ports for the dashboard), or another program has the port. Stop it, or change the ports in Axvault.AppHost/Properties/launchSettings.json.");
            return 1;
        }
    }
}
