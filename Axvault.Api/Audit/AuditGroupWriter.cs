using Axvault.Api.Database;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>Writes one group of entries, and answers each of them. A failure is retried once.</summary>
internal sealed partial class AuditGroupWriter(
    GroupAppender appender,
    AuditMonthStore months,
    DatabaseClock clock,
    AuditBlockage blockage,
    AuditTelemetry telemetry,
    ILogger<AuditGroupWriter> logger
)
{
    private const int MaxTries = 2;

    private const int MaxLanes = 10;

    /// <summary>Writes the entries of <paramref name="group"/>, and answers them.</summary>
    public async Task WriteAsync(List<PendingEntry> group)
    {
        Exception? failure = null;
        for (int tries = 0, lanes = 0; tries < MaxTries && group.Count > 0; tries++)
        {
            try
            {
                await appender.AppendAsync(group);
                Succeed(group);
                return;
            }
            catch (Exception exception) when (EntryAppend.IsLaneLost(exception) && lanes < MaxLanes)
            {
                // Another server has closed the lane. Nothing has failed: the next attempt opens a lane.
                failure = exception;
                tries--;
                lanes++;
            }
            catch (Exception exception) when (AuditMonthStore.IsMonthMissing(exception))
            {
                failure = exception;
                telemetry.Failed();
                await TryMakeMonthsAsync();
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or IOException)
            {
                // The next attempt may succeed on another connection, or in another lane.
                failure = exception;
                telemetry.Failed();
            }
            catch (Exception exception)
            {
                // On any exception the callers must be told, and the writer must live on.
                failure = exception;
                telemetry.Failed();
                break;
            }
        }

        Fail(group, failure!);
    }

    private async Task TryMakeMonthsAsync()
    {
        try
        {
            await months.MakeMonthsAsync(clock.Now, CancellationToken.None);
        }
        catch (NpgsqlException exception)
        {
            Log.NoMonth(logger, exception.Message);
        }
    }

    private void Succeed(List<PendingEntry> group)
    {
        if (group.Count > 0)
        {
            blockage.End(hasProbe: group.Exists(static waiting => waiting.IsProbe));
        }

        foreach (var waiting in group)
        {
            waiting.Written.TrySetResult();
        }
    }

    private void Fail(List<PendingEntry> group, Exception failure)
    {
        blockage.Begin(failure);
        foreach (var waiting in group)
        {
            waiting.Written.TrySetException(new AuditUnavailableException(AuditBlockage.Message, failure));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The partition of the audit log for this month cannot be made: {Reason}")]
        public static partial void NoMonth(ILogger logger, string reason);
    }
}
