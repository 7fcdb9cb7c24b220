using System.ComponentModel;
using Axvault.AppHost.EmbeddedPostgres;
using Microsoft.Extensions.Configuration;

namespace Axvault.AppHost;

/// <summary>The container runtime of this machine. It counts only when its engine answers.</summary>
internal static class ContainerRuntime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Returns <c>true</c> when the runtime that Aspire would use answers: the configured one, or Docker, or Podman. Otherwise <c>false</c>.</summary>
    public static async Task<bool> AnswersAsync(IConfiguration configuration, CancellationToken cancellationToken)
    {
        var configured = configuration["ASPIRE_CONTAINER_RUNTIME"] ?? configuration["DOTNET_ASPIRE_CONTAINER_RUNTIME"];
        foreach (var runtime in configured is { Length: > 0 } ? [configured] : (string[])["docker", "podman"])
        {
            if (await AnswersAsync(runtime, cancellationToken))
            {
                return true;
            }
        }

        return false;
    }

    private static async Task<bool> AnswersAsync(string runtime, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            await ChildProcess.RunAsync(runtime, ["ps", "--quiet"], Environment.CurrentDirectory, null, limit.Token);
            return true;
        }
        catch (Exception exception)
            when (exception is Win32Exception or EmbeddedPostgresException
                || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            // The runtime is not installed, its engine is not running, or it does not answer in time.
            return false;
        }
    }
}
