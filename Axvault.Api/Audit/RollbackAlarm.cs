using System.Collections.Concurrent;
using System.Globalization;
using Axvault.Api.Chain;

namespace Axvault.Api.Audit;

/// <summary>Tells that the ledger in the database is older than this server knows it: entries were removed, or the database was restored.</summary>
internal sealed partial class RollbackAlarm(AuditQueue queue, AuditSource source, AuditTelemetry telemetry, ILogger<RollbackAlarm> logger)
{
    // A lane that was set back stays so, and each checkpoint finds it again.
    private readonly ConcurrentDictionary<string, bool> _told = new();

    /// <summary>Tells that a lane ends before an entry that it had. <paramref name="now"/> is <see langword="null"/> when the lane is gone.</summary>
    public void LaneIsOlder(long lane, long before, long? now) =>
        Tell(
            string.Create(CultureInfo.InvariantCulture, $"the newest entry of lane {lane} was {before}")
                + (now is null ? ", and the lane is gone" : string.Create(CultureInfo.InvariantCulture, $", and is {now}"))
        );

    /// <summary>Tells that the newest checkpoint is older than one that there was.</summary>
    public void CheckpointIsOlder(long before, long now) =>
        Tell(string.Create(CultureInfo.InvariantCulture, $"the newest checkpoint was {before}, and is {now}"));

    private void Tell(string reason)
    {
        if (!_told.TryAdd(reason, true))
        {
            return;
        }

        telemetry.RolledBack();
        Log.RolledBack(logger, reason);
        queue.TryAdd(new PendingEntry(source.DescribeEvent(AuditAction.AuditRollback, AuditOutcome.Failure, reason)));
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Critical, "The ledger was cut off, or the database was restored: {Reason}")]
        public static partial void RolledBack(ILogger logger, string reason);
    }
}
