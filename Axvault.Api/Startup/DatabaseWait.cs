using System.Net.Sockets;
using Axvault.Api.Database;
using Npgsql;

namespace Axvault.Api.Startup;

/// <summary>Waits for a database that does not answer yet. A database that refuses the connection ends the start at once.</summary>
internal sealed partial class DatabaseWait(NpgsqlDataSource database, DatabaseOptions options, TimeProvider time, ILogger<DatabaseWait> logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Waits until the database answers.</summary>
    /// <exception cref="ServerStartupException">The database did not answer in time, or refused.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        List<string> reasons = [];
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await database.OpenConnectionAsync(cancellationToken);
                var kind = await DatabaseKindStore.FindAsync(connection, cancellationToken);
                if (kind.Refusal(options.Address) is { } refusal)
                {
                    throw new ServerStartupException(refusal);
                }

                return;
            }
            catch (Exception exception) when (exception is not (OperationCanceledException or ServerStartupException))
            {
                reasons = Merge(reasons, exception);
                var told = string.Join(' ', await TellAsync(exception, reasons, cancellationToken));
                if (!MayStillCome(exception))
                {
                    throw new ServerStartupException(
                        $"The database at {options.Address} refuses the connection: {told} Check AXVAULT_DATABASE_URL.",
                        exception
                    );
                }

                if (time.GetElapsedTime(start) >= options.Wait)
                {
                    throw new ServerStartupException(
                        $"The database at {options.Address} did not answer within {options.Wait.TotalSeconds:0} s: {told} "
                            + "Start it, or check AXVAULT_DATABASE_URL.",
                        exception
                    );
                }

                Log.Waiting(logger, options.Address.Description, attempt, told);
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    private async Task<IReadOnlyList<string>> TellAsync(Exception exception, List<string> reasons, CancellationToken cancellationToken) =>
        IsNoneSuitable(exception) ? [$"{exception.Message} Wanted: {Wanted}, with default_transaction_read_only off.", .. reasons]
        : DatabaseTls.IsFailure(exception)
            ? [.. reasons, .. await DatabaseTls.ExplainAsync(new NpgsqlConnectionStringBuilder(options.Address.Reveal()), cancellationToken)]
        : reasons;

    // PostgreSQL is starting or stopping (57P0x), has no free connection (53300), or the database does not exist yet (3D000).
    // With several hosts this must hold for each of them, because a host that refuses now will refuse later, too.
    private bool MayStillCome(Exception exception) =>
        exception switch
        {
            PostgresException postgres => postgres.SqlState
                is PostgresErrorCodes.CannotConnectNow
                    or PostgresErrorCodes.AdminShutdown
                    or PostgresErrorCodes.CrashShutdown
                    or PostgresErrorCodes.TooManyConnections
                    or PostgresErrorCodes.InvalidCatalogName,
            NpgsqlException { InnerException: AggregateException hosts } => hosts.InnerExceptions.All(MayStillCome),
            _ when DatabaseTls.IsFailure(exception) => false,
            NpgsqlException npgsql => npgsql.IsTransient
                || npgsql.InnerException is TimeoutException or IOException or SocketException
                || IsNoneSuitable(npgsql),
            _ => exception is TimeoutException or IOException or SocketException,
        };

    // No host has the wanted role, or Npgsql does not ask an absent host again yet. A failover may be under way.
    private bool IsNoneSuitable(Exception exception) =>
        database is NpgsqlMultiHostDataSource && exception is NpgsqlException and not PostgresException && exception.InnerException is null;

    private string Wanted => new NpgsqlConnectionStringBuilder(database.ConnectionString).TargetSessionAttributes ?? "any";

    // Npgsql skips a host that was just absent, so its last reason still holds.
    private List<string> Merge(List<string> before, Exception exception)
    {
        if (IsNoneSuitable(exception))
        {
            return before;
        }

        Exception[] asked = exception.InnerException is AggregateException hosts ? [.. hosts.InnerExceptions] : [exception];
        var now = asked.Select(static host => Sentence(Words(host))).Distinct();
        return database is NpgsqlMultiHostDataSource && asked.Length < HostCount ? [.. now.Union(before)] : [.. now];
    }

    private int HostCount => new NpgsqlConnectionStringBuilder(database.ConnectionString).Host!.Split(',').Length;

    // Only the driver's own words are known to hold no path and no value of a setting.
    private static string Words(Exception exception) =>
        exception is NpgsqlException or TimeoutException or SocketException ? exception.Message : $"The driver ended with {exception.GetType().Name}.";

    private static string Sentence(string message) => message.EndsWith('.') ? message : $"{message}.";

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Waiting for the database at {Address} (attempt {Attempt}): {Reason}")]
        public static partial void Waiting(ILogger logger, string address, int attempt, string reason);
    }
}
