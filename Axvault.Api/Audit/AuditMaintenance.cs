using System.Globalization;
using Axvault.Api.Audit.Chain;
using Axvault.Api.Configuration;
using Axvault.Api.Http;
using Axvault.Api.Startup;
using Npgsql;

namespace Axvault.Api.Audit;

/// <summary>
/// Looks after the chain: tries whether it can be written again, moves what a server that died has noted, makes the partitions of the months to come,
/// drops those that are too old, and writes the newest entry to the log, from where nobody who has the database can take it back.
/// </summary>
internal sealed partial class AuditMaintenance(
    AuditMonthStore months,
    AuditNoteStore notes,
    AuditWriter writer,
    AuditLog log,
    AuditSource source,
    AuditVault vault,
    AuditClock clock,
    AuditState state,
    VaultReadiness readiness,
    AxvaultOptions options,
    TimeProvider time,
    ILogger<AuditMaintenance> logger) : BackgroundService
{
    private const int LeftBatch = 500;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LeftInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LeftAge = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MonthInterval = TimeSpan.FromHours(1);

    private ChainHead? _anchored;

    /// <summary>Writes the newest entry to the log, unless it is there.</summary>
    public void Anchor()
    {
        if (writer.Head is { } head && !(_anchored?.Is(head) ?? false))
        {
            Log.Anchor(logger, head.Sequence, AuditAnchor.Of(head, vault.Keys).ToString());
            _anchored = head;
        }
    }

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (readiness.IsReady)
        {
            await log.TryRecordAsync(source.Describe(AuditAction.ServerStop, AuditOutcome.Success));
            Anchor();
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (left, month, anchor) = (new Interval(time, LeftInterval), new Interval(time, MonthInterval), new Interval(time, options.Audit.AnchorInterval));
        using var timer = new PeriodicTimer(Tick, time);
        do
        {
            if (!readiness.IsReady)
            {
                continue;
            }

            try
            {
                if (state.IsBlocked)
                {
                    await writer.ProbeAsync();
                }
                else if (left.IsOver())
                {
                    await MoveLeftAsync(stoppingToken);
                }

                if (month.IsOver())
                {
                    await months.MakeMonthsAsync(clock.Now, stoppingToken);
                    await CutAsync(stoppingToken);
                }
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or AuditUnavailableException)
            {
                Log.Interrupted(logger, exception.Message);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                Log.Failed(logger, exception);
            }

            if (anchor.IsOver())
            {
                Anchor();
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task MoveLeftAsync(CancellationToken stoppingToken)
    {
        foreach (var (id, note) in await notes.FindLeftAsync(LeftAge, LeftBatch, stoppingToken))
        {
            if (note is null || !vault.IsAuthentic(note))
            {
                Log.Forged(logger, id);
                await log.RecordAsync(source.Describe(AuditAction.AuditForgery, AuditOutcome.Failure, $"the note {id} was made by no server of this vault, and was removed"));
                await notes.RemoveAsync(id, stoppingToken);
                continue;
            }

            var reason = $"done at {Timestamp.ToText(note.MadeAt)}, recorded late";
            await log.RecordAsync(note with { Entry = note.Entry with { Reason = AuditEntry.Cut(note.Entry.Reason is { } own ? $"{reason}: {own}" : reason) } });
        }
    }

    private async Task CutAsync(CancellationToken stoppingToken)
    {
        if (options.Audit.Retention == TimeSpan.Zero)
        {
            return;
        }

        foreach (var month in await months.FindMonthsBeforeAsync(clock.Now - options.Audit.Retention, stoppingToken))
        {
            var keys = vault.Keys;
            var last = await months.DropMonthAsync(month, head => (keys.CurrentId, AuditChain.SealCut(head, keys.Current)), stoppingToken);
            if (last is not null)
            {
                Log.Cut(logger, month, last.Sequence);
                await log.RecordAsync(source.Describe(
                    AuditAction.AuditCut, AuditOutcome.Success, string.Create(CultureInfo.InvariantCulture, $"the entries up to {last.Sequence}, of {last.At:yyyy-MM}, were dropped")));
            }
        }
    }

    private sealed class Interval(TimeProvider time, TimeSpan length)
    {
        private long? _last;

        public bool IsOver()
        {
            var now = time.GetTimestamp();
            if (_last is { } last && time.GetElapsedTime(last, now) < length)
            {
                return false;
            }

            _last = now;
            return true;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Audit head {Sequence} {Anchor}")]
        public static partial void Anchor(ILogger logger, long sequence, string anchor);

        [LoggerMessage(LogLevel.Information, "The audit log's month {Month} was dropped, up to entry {Sequence}")]
        public static partial void Cut(ILogger logger, string month, long sequence);

        [LoggerMessage(LogLevel.Critical, "Somebody has written the note {Id} for the audit log, and no server of this vault; it was removed")]
        public static partial void Forged(ILogger logger, Guid id);

        [LoggerMessage(LogLevel.Warning, "Looking after the audit log was interrupted: {Reason}")]
        public static partial void Interrupted(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Error, "Looking after the audit log failed")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
