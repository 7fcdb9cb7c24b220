using System.ComponentModel;
using Axvault.AppHost.EmbeddedPostgres;
using Microsoft.Extensions.Configuration;

namespace Axvault.AppHost;

/// <summary>Whether Docker or Podman can run containers here: a client alone, without an engine that answers, cannot.</summary>
internal static class ContainerRuntime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Asks the runtime that Aspire would use: the configured one, else Docker, else Podman.</summary>
    public static async Task<bool> AnswersAsync(IConfiguration configuration, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(configuration);

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
        catch (Exception exception) when (exception is Win32Exception or EmbeddedPostgresException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Not installed, no engine behind it, or no answer in time: all the same, no containers.
            return false;
        }
    }
}
