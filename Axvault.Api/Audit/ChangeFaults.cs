using Axvault.Api.Database;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>Decides what a failed commit of a change means: the change may be made again, or entries cannot be written at all.</summary>
internal sealed partial class ChangeFaults(
    StatementPreparation preparation,
    AuditMonthStore months,
    DatabaseClock clock,
    AuditBlockage blockage,
    AuditTelemetry telemetry,
    ILogger<ChangeFaults> logger
)
{
    /// <summary>Returns the exception for a change that the database has rolled back because of <paramref name="refusal"/>.</summary>
    public async Task<Exception> ExplainAsync(PostgresException refusal)
    {
        if (DatabaseFault.IsConflict(refusal) || preparation.IsLost(refusal))
        {
            return new ChangeNotMadeException(refusal);
        }

        telemetry.Failed();
        if (AuditMonthStore.IsMonthMissing(refusal))
        {
            try
            {
                await months.MakeMonthsAsync(clock.Now, CancellationToken.None);
                return new ChangeNotMadeException(refusal);
            }
            catch (NpgsqlException exception)
            {
                Log.NoMonth(logger, exception.Message);
            }
        }

        blockage.Begin(refusal);
        return new AuditUnavailableException(AuditBlockage.Message, refusal);
    }

    /// <summary>Notes that nothing can be written because of <paramref name="failure"/>.</summary>
    public void Begun(Exception failure)
    {
        telemetry.Failed();
        blockage.Begin(failure);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The partition of the audit log for this month cannot be made: {Reason}")]
        public static partial void NoMonth(ILogger logger, string reason);
    }
}
