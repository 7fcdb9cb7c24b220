using System.Globalization;
using Axvault.Api.Chain;
using Axvault.Api.Database;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>The monthly partitions of the log: those of coming months are made, and those past the retention are dropped.</summary>
internal sealed partial class AuditRetention(
    AuditMonthStore months,
    Ledger ledger,
    ChainKeyRing chainKeys,
    AuditSource source,
    DatabaseClock clock,
    AuditOptions options,
    ILogger<AuditRetention> logger
)
{
    // Entries have the time of their server, which is an estimate. Checkpoints of the last day stay, and with them every lane that may have later entries.
    private static readonly TimeSpan Margin = TimeSpan.FromDays(1);

    /// <summary>Makes and drops partitions.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        await months.MakeMonthsAsync(clock.Now, stoppingToken);
        if (options.Retention == TimeSpan.Zero)
        {
            return;
        }

        foreach (var month in await months.FindMonthsBeforeAsync(clock.Now - options.Retention, stoppingToken))
        {
            if (await ledger.ChangeAsync(change => DropAsync(change, month, stoppingToken), stoppingToken))
            {
                Log.Dropped(logger, month);
            }
        }
    }

    private async Task<bool> DropAsync(Change change, string month, CancellationToken stoppingToken)
    {
        var transaction = change.Transaction;
        await CheckpointStore.LockAsync(transaction, stoppingToken);
        if (!await AuditMonthStore.LockAsync(transaction, month, stoppingToken))
        {
            return false;
        }

        var start = DateTimeOffset.ParseExact(month[^6..], "yyyyMM", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        var cut = await CutAsync(transaction, start, start.AddMonths(1) - Margin, stoppingToken);
        var keys = chainKeys.Keys;
        await CutStore.WriteAsync(transaction, cut, keys.CurrentId, LedgerSeal.OfCut(cut, keys.Current), stoppingToken);
        await AuditMonthStore.DropAsync(transaction, month, stoppingToken);
        var reason = string.Create(CultureInfo.InvariantCulture, $"the entries of {start:yyyy-MM} were dropped, with the checkpoints up to {cut.Number}");
        await change.CommitAsync(source.Describe(AuditAction.AuditCut, AuditOutcome.Success, reason));
        return true;
    }

    private async Task<LedgerCut> CutAsync(NpgsqlTransaction transaction, DateTimeOffset start, DateTimeOffset until, CancellationToken stoppingToken)
    {
        var before = await FindCutAsync(transaction, stoppingToken);
        var checkpoint = await CutStore.FindCheckpointBeforeAsync(transaction, until, stoppingToken);
        var (number, mac) = checkpoint is null ? (before.Number, before.Mac) : (checkpoint.Number, checkpoint.Mac);
        var alive = await CutStore.FindLanesAfterAsync(transaction, number, stoppingToken);
        var last = before.Lanes.ToDictionary(static lane => lane.Lane);
        foreach (var lane in await CutStore.FindOpenedUntilAsync(transaction, number, stoppingToken))
        {
            // Before its first entry a lane has the MAC of its announcement, which is dropped.
            last.TryAdd(lane.Lane, lane);
        }

        foreach (var lane in await CutStore.FindLastOfAsync(transaction, start, stoppingToken))
        {
            last[lane.Lane] = lane;
        }

        return new LedgerCut(number, mac, [.. last.Values.Where(lane => alive.Contains(lane.Lane)).OrderBy(static lane => lane.Lane)]);
    }

    // A forged record must not be sealed again.
    private async Task<LedgerCut> FindCutAsync(NpgsqlTransaction transaction, CancellationToken stoppingToken)
    {
        if (await CutStore.FindAsync(transaction, stoppingToken) is not var (cut, kek, seal))
        {
            return new LedgerCut(0, chainKeys.Genesis, []);
        }

        return LedgerSeal.IsOfCut(cut, kek, seal, chainKeys.Keys)
            ? cut
            : throw new InvalidOperationException(
                "The record of the last cut was not made by a server of this vault, and no month is dropped. Run axvault audit verify."
            );
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The month {Month} of the audit log was dropped")]
        public static partial void Dropped(ILogger logger, string month);
    }
}
