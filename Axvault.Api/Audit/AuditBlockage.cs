using System.Collections.Concurrent;
using System.Globalization;
using Axvault.Api.Chain;
using Axvault.Api.Http;

namespace Axvault.Api.Audit;

/// <summary>The begin and the end of a time in which no entry can be written, with its log lines and the entry at its end.</summary>
internal sealed partial class AuditBlockage(AuditState state, AuditQueue queue, AuditSource source, ILogger<AuditBlockage> logger)
{
    /// <summary>The message for a caller that is refused.</summary>
    public const string Message = "The audit log cannot be written. Nothing is handed out until it can.";

    private readonly ConcurrentQueue<PendingEntry> _owed = new();

    /// <summary>Blocks the log, because of <paramref name="failure"/>.</summary>
    public void Begin(Exception failure)
    {
        if (state.Block())
        {
            Log.CannotWrite(logger, failure.Message);
        }
    }

    /// <summary>Unblocks the log after an entry was written.</summary>
    /// <param name="hasProbe">
    /// <see langword="true"/> when a probe was among the entries, which records the end itself; otherwise <see langword="false"/>.
    /// </param>
    public void End(bool hasProbe)
    {
        if (!state.IsBlocked)
        {
            return;
        }

        Log.Resumed(logger, state.Blockage.Refused);
        if (!hasProbe)
        {
            queue.TryAdd(DescribeResume());
        }

        state.Unblock();
        Pay();
    }

    /// <summary>Keeps <paramref name="entry"/>, whose caller has given up, until the log is writable again. It is then written, unless it was.</summary>
    public void Owe(PendingEntry entry)
    {
        _owed.Enqueue(entry);
        if (!state.IsBlocked)
        {
            Pay();
        }
    }

    /// <summary>Returns the entry that records the end of the blockage.</summary>
    public PendingEntry DescribeResume()
    {
        var (since, refused) = state.Blockage;
        var reason = string.Create(CultureInfo.InvariantCulture, $"nothing could be recorded since {Timestamp.ToText(since)}; {refused} entries were refused");
        return new PendingEntry(source.DescribeEvent(AuditAction.AuditResume, AuditOutcome.Success, reason));
    }

    // A group that was written while its callers gave up is known by now: the log is unblocked by a later one, or by it.
    private void Pay()
    {
        while (_owed.TryDequeue(out var owed))
        {
            if (!owed.IsMade)
            {
                queue.TryAdd(new PendingEntry(owed.Entry));
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Critical, "The audit log cannot be written, and nothing is handed out until it can: {Reason}")]
        public static partial void CannotWrite(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Warning, "The audit log can be written again; {Refused} entries were refused")]
        public static partial void Resumed(ILogger logger, long refused);
    }
}
