using System.Globalization;
using Axvault.Api.Audit;
using Axvault.Api.Chain;
using Axvault.Api.Encryption;

namespace Axvault.Api.Rotation;

/// <summary>Records the begin, the progress and the end of a rotation: in its row, the audit log, the metrics and the server's log.</summary>
internal sealed partial class RotationJournal(
    RotationStore store,
    Vault vault,
    Ledger ledger,
    KeyRetirement retirement,
    AuditSource source,
    EncryptionTelemetry telemetry,
    ILogger<RotationJournal> logger
)
{
    /// <summary>Records the begin. Returns <see langword="false"/> when this server does not hold the claim any more.</summary>
    public async Task<bool> BeginAsync(RotationRun run, CancellationToken stoppingToken)
    {
        var (_, others) = await CountOthersAsync(stoppingToken);
        var entry = source.Describe(
            AuditAction.RotationStart,
            AuditOutcome.Success,
            string.Create(CultureInfo.InvariantCulture, $"to the key {run.Kek}: {others} rows are under others")
        );
        var begins = await ledger.ChangeAsync(
            async change =>
            {
                var isOurs = await RotationStore.BeginAsync(change.Transaction, vault.Server, run.Kek, stoppingToken);
                if (isOurs)
                {
                    await change.CommitAsync(entry);
                }

                return isOurs;
            },
            stoppingToken
        );
        if (!begins)
        {
            return false;
        }

        run.HasBegun = true;
        Log.Began(logger, run.Kek.ToString(), others);
        return true;
    }

    /// <summary>Shows and logs the progress.</summary>
    public async Task TellAsync(RotationRun run, CancellationToken stoppingToken)
    {
        var counts = await store.CountAsync(stoppingToken);
        telemetry.Show(KekCensus.Of(vault.Keys, counts.Select(static count => (count.Kek, count.Rows))));
        Log.Progress(
            logger,
            run.Kek.ToString(),
            (await store.FindAsync(stoppingToken)).Reencrypted,
            counts.Where(count => count.Kek != run.Kek).Sum(static count => count.Rows)
        );
    }

    /// <summary>Records the end. Returns <see langword="false"/> when this server does not hold the claim any more, or an audit note is left.</summary>
    public async Task<bool> FinishAsync(RotationRun run, CancellationToken stoppingToken)
    {
        if (!vault.Keys.TryFind(run.Kek, out var current))
        {
            return false;
        }

        var (_, left) = await CountOthersAsync(stoppingToken);
        var moved = (await store.FindAsync(stoppingToken)).Reencrypted;
        var reason = string.Create(CultureInfo.InvariantCulture, $"to the key {run.Kek}: {moved} rows were moved, {left} do not open");
        var isRetired = await retirement.RunAsync(
            current,
            source.Describe(AuditAction.RotationEnd, left == 0 ? AuditOutcome.Success : AuditOutcome.Failure, reason),
            transaction => RotationStore.FinishAsync(transaction, vault.Server, run.Kek, left, stoppingToken),
            transaction => RotationStore.RemoveUnusedKeksAsync(transaction, run.Kek, stoppingToken),
            stoppingToken
        );
        if (!isRetired)
        {
            return false;
        }

        if (left == 0)
        {
            Log.Finished(logger, run.Kek.ToString(), moved);
        }
        else
        {
            Log.FinishedBut(logger, run.Kek.ToString(), moved, left);
        }

        return true;
    }

    /// <summary>Returns the number of rows under other KEKs: of those that this server has, and of all.</summary>
    public async Task<(long Known, long All)> CountOthersAsync(CancellationToken stoppingToken)
    {
        var ring = vault.Keys;
        var others = (await store.CountAsync(stoppingToken)).FindAll(count => count.Kek != ring.Current.Id);
        return (others.Where(count => ring.TryFind(count.Kek, out _)).Sum(static count => count.Rows), others.Sum(static count => count.Rows));
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The rotation to the key {Key} begins: {Rows} rows are under other keys")]
        public static partial void Began(ILogger logger, string key, long rows);

        [LoggerMessage(LogLevel.Information, "The rotation to the key {Key} goes on: {Moved} rows were moved, {Left} are left")]
        public static partial void Progress(ILogger logger, string key, long moved, long left);

        [LoggerMessage(LogLevel.Information, "The rotation to the key {Key} is done: {Moved} rows were moved, and none is under another key")]
        public static partial void Finished(ILogger logger, string key, long moved);

        [LoggerMessage(
            LogLevel.Error,
            "The rotation to the key {Key} is done except for rows that do not open: {Moved} rows were moved, {Left} are under other keys still"
        )]
        public static partial void FinishedBut(ILogger logger, string key, long moved, long left);
    }
}
