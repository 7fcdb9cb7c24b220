using Axvault.Api.Configuration;
using Npgsql;

namespace Axvault.Api.Startup;

/// <summary>Waits for a database that is not there yet; one that refuses is not waited for.</summary>
internal sealed partial class DatabaseWait(NpgsqlDataSource database, AxvaultOptions options, TimeProvider time, ILogger<DatabaseWait> logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Returns when the database answers.</summary>
    /// <exception cref="VaultStartupException">It did not answer in time, or refused.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await database.OpenConnectionAsync(cancellationToken);
                return;
            }
            catch (NpgsqlException exception)
            {
                if (!MayStillCome(exception))
                {
                    throw new VaultStartupException($"The database at {options.Database} refuses the connection: {exception.Message} Check AXVAULT_DATABASE_URL.", exception);
                }

                if (time.GetElapsedTime(start) >= options.DatabaseWait)
                {
                    throw new VaultStartupException(
                        $"The database at {options.Database} did not answer within {options.DatabaseWait.TotalSeconds:0} s: {exception.Message} Start it, or check AXVAULT_DATABASE_URL.",
                        exception);
                }

                Log.Waiting(logger, options.Database.Description, attempt, exception.Message);
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    // Nothing listens yet, it starts up or shuts down, has no free connection, or the database is still to be created (SQLSTATE 57P0x, 53300, 3D000).
    private static bool MayStillCome(NpgsqlException exception) => exception is PostgresException postgres
        ? postgres.SqlState is PostgresErrorCodes.CannotConnectNow
            or PostgresErrorCodes.AdminShutdown
            or PostgresErrorCodes.CrashShutdown
            or PostgresErrorCodes.TooManyConnections
            or PostgresErrorCodes.InvalidCatalogName
        : exception.IsTransient || exception.InnerException is TimeoutException or IOException or System.Net.Sockets.SocketException;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Waiting for the database at {Address} (attempt {Attempt}): {Reason}")]
        public static partial void Waiting(ILogger logger, string address, int attempt, string reason);
    }
}
