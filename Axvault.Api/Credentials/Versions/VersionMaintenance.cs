using Axvault.Api.Audit;
using Axvault.Api.Configuration;
using Axvault.Api.Startup;
using Npgsql;

namespace Axvault.Api.Credentials.Versions;

/// <summary>Removes for good what was deleted long enough ago, at each start and every hour. Any number of servers may do it: each state is removed by one of them.</summary>
internal sealed partial class VersionMaintenance(
    ChangeStore store, AuditLog audit, AuditSource source, VaultReadiness readiness, AxvaultOptions options, TimeProvider time, ILogger<VersionMaintenance> logger) : BackgroundService
{
    private const int BatchSize = 500;

    private static readonly TimeSpan ReadinessPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!readiness.IsReady)
        {
            await Task.Delay(ReadinessPause, time, stoppingToken);
        }

        while (true)
        {
            await TryPurgeAsync(stoppingToken);

            // Servers that were started together do not look together.
            await Task.Delay(Interval * (0.5 + Random.Shared.NextDouble()), time, stoppingToken);
        }
    }

    private async Task TryPurgeAsync(CancellationToken stoppingToken)
    {
        try
        {
            await store.MarkOrphansAsync(stoppingToken);
            for (var removed = BatchSize; removed == BatchSize;)
            {
                (var notes, removed) = await store.PurgeExpiredAsync(options.Versions.Retention, BatchSize, Note, stoppingToken);
                foreach (var note in notes)
                {
                    await audit.TryRecordAsync(note);
                }
            }
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            Log.Interrupted(logger, exception.Message);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            // The next look may meet the same; a server that ended over it would serve nobody.
            Log.Failed(logger, exception);
        }
    }

    private AuditNote Note(string name) => source.Note(AuditAction.CredentialPurge, AuditOutcome.Success, "its retention has ended", name);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Removing what was deleted was interrupted: {Reason}")]
        public static partial void Interrupted(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Error, "Removing what was deleted failed")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
