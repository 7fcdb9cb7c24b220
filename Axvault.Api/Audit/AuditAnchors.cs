using Axvault.Api.Chain;

namespace Axvault.Api.Audit;

/// <summary>
/// Writes the newest checkpoint to the server's log, where a person who controls the database cannot reach it. It does so at intervals when there is a new
/// one, and when the server stops.
/// </summary>
internal sealed partial class AuditAnchors(
    Checkpoints checkpoints,
    ChainKeyRing chainKeys,
    AuditTelemetry telemetry,
    TimeProvider time,
    ILogger<AuditAnchors> logger
)
{
    // Entries that are cut off within this time can be missed by anchors alone. Shorter intervals would fill the log of a quiet server.
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    private CheckpointHead? _anchored;
    private long _writtenAt;

    /// <summary>Shows the newest checkpoint, and writes an anchor when one is due.</summary>
    public void WriteIfDue()
    {
        if (checkpoints.Newest is { } newest)
        {
            telemetry.Show(newest.Number);
        }

        if (_anchored is null || time.GetElapsedTime(_writtenAt) >= Interval)
        {
            Write();
        }
    }

    /// <summary>Writes an anchor, unless the newest checkpoint was anchored.</summary>
    public void Write()
    {
        if (checkpoints.Newest is not { } newest || _anchored?.Is(newest) == true)
        {
            return;
        }

        Log.Anchor(logger, newest.Number, AuditAnchor.Of(newest, chainKeys.Keys).ToString());
        (_anchored, _writtenAt) = (newest, time.GetTimestamp());
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Audit checkpoint {Number} {Anchor}")]
        public static partial void Anchor(ILogger logger, long number, string anchor);
    }
}
