using Axvault.Api.Lifetime;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>Closes the lanes of a server that stops, after its last entry, and writes the last anchor.</summary>
internal sealed partial class LedgerStop(Checkpoints checkpoints, AuditAnchors anchors, ServerReadiness readiness, ILogger<LedgerStop> logger) : IHostedService
{
    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!readiness.IsReady)
        {
            return;
        }

        try
        {
            await checkpoints.CloseLanesAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or OperationCanceledException or AuditUnavailableException)
        {
            Log.NotClosed(logger, exception.Message);
        }

        anchors.Write();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The lanes of this server were not closed. Another server closes them: {Reason}")]
        public static partial void NotClosed(ILogger logger, string reason);
    }
}
