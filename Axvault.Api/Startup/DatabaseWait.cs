using System.Net.Sockets;
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
        List<string> reasons = [];
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await database.OpenConnectionAsync(cancellationToken);
                return;
            }
            catch (NpgsqlException exception)
            {
                reasons = Merge(reasons, exception);
                var told = string.Join(' ', IsNoneSuitable(exception) ? [$"{exception.Message} Wanted: {Wanted}.", .. reasons] : reasons);
                if (!MayStillCome(exception))
                {
                    throw new VaultStartupException($"The database at {options.Database} refuses the connection: {told} Check AXVAULT_DATABASE_URL.", exception);
                }

                if (time.GetElapsedTime(start) >= options.DatabaseWait)
                {
                    throw new VaultStartupException(
                        $"The database at {options.Database} did not answer within {options.DatabaseWait.TotalSeconds:0} s: {told} Start it, or check AXVAULT_DATABASE_URL.",
                        exception);
                }

                Log.Waiting(logger, options.Database.Description, attempt, told);
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    // Nothing listens yet, it starts up or shuts down, has no free connection, or the database is still to be created (SQLSTATE 57P0x, 53300, 3D000).
    // Of several hosts each must be of that kind: one that refuses will not change its mind.
    private bool MayStillCome(Exception exception) => exception switch
    {
        PostgresException postgres => postgres.SqlState is PostgresErrorCodes.CannotConnectNow
            or PostgresErrorCodes.AdminShutdown
            or PostgresErrorCodes.CrashShutdown
            or PostgresErrorCodes.TooManyConnections
            or PostgresErrorCodes.InvalidCatalogName,
        NpgsqlException { InnerException: AggregateException hosts } => hosts.InnerExceptions.All(MayStillCome),
        NpgsqlException npgsql => npgsql.IsTransient || npgsql.InnerException is TimeoutException or IOException or SocketException || IsNoneSuitable(npgsql),
        _ => exception is TimeoutException or IOException or SocketException,
    };

    // Of the hosts that are asked none is of the wanted kind, or those that were away are not asked again so soon: a failover may be under way.
    private bool IsNoneSuitable(NpgsqlException exception) => database is NpgsqlMultiHostDataSource && exception is not PostgresException && exception.InnerException is null;

    private string Wanted => new NpgsqlConnectionStringBuilder(database.ConnectionString).TargetSessionAttributes ?? "any";

    // A host that was away a moment ago is not asked each time: what it said last still holds.
    private List<string> Merge(List<string> before, NpgsqlException exception)
    {
        if (IsNoneSuitable(exception))
        {
            return before;
        }

        Exception[] asked = exception.InnerException is AggregateException hosts ? [.. hosts.InnerExceptions] : [exception];
        var now = asked.Select(static host => Sentence(host.Message)).Distinct();
        return database is NpgsqlMultiHostDataSource && asked.Length < HostCount ? [.. now.Union(before)] : [.. now];
    }

    private int HostCount => new NpgsqlConnectionStringBuilder(database.ConnectionString).Host!.Split(',').Length;

    private static string Sentence(string message) => message.EndsWith('.') ? message : $"{message}.";

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Waiting for the database at {Address} (attempt {Attempt}): {Reason}")]
        public static partial void Waiting(ILogger logger, string address, int attempt, string reason);
    }
}
