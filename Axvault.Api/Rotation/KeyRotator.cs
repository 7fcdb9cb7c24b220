using System.Globalization;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Encryption;

namespace Axvault.Api.Rotation;

/// <summary>
/// Moves everything that is encrypted to the key that the fleet encrypts with: batch after batch, at a bounded rate, by the one server that has claimed it. Whatever ends it,
/// a kill included, another turn goes on with what is not moved yet; a row is moved by a comparison with what was read, so never over a change.
/// </summary>
/// <remarks>docs/operations/key-rotation.md tells how, and what each step survives.</remarks>
internal sealed partial class KeyRotator(
    RotationStore store,
    FleetMembership fleet,
    Vault vault,
    AuditVault auditVault,
    AuditLog audit,
    AuditSource source,
    EncryptionTelemetry telemetry,
    TimeProvider time,
    ILogger<KeyRotator> logger)
{
    private const int BatchRows = 100;
    private const int BatchBytes = 4 * 1024 * 1024;
    private const int ToldRows = 1000;

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PassPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(10);

    // The database, and a processor, are left to the others for most of the time.
    private const int PauseFactor = 4;

    // What did not open, and was told of.
    private readonly HashSet<(string Table, Guid RowId, long Version)> _told = [];

    /// <summary>Moves what there is to move. The fleet is settled.</summary>
    public async Task<RotationOutcome> RunAsync(CancellationToken stoppingToken)
    {
        var key = vault.Keys.Current.Id;
        var state = await store.FindAsync(stoppingToken);
        var isOpen = state.Key != key || !state.IsFinished;
        if (!isOpen && !await store.HasOthersAsync(key, stoppingToken))
        {
            return RotationOutcome.Idle;
        }

        if (state.Key is null && !await store.HasOthersAsync(key, stoppingToken) && await store.AdoptAsync(key, stoppingToken))
        {
            return RotationOutcome.Idle;
        }

        if (!await store.ClaimAsync(vault.Server, key, Lease, stoppingToken))
        {
            return RotationOutcome.Left;
        }

        try
        {
            return await RunAsync(state, key, stoppingToken);
        }
        finally
        {
            await store.ReleaseAsync(vault.Server, CancellationToken.None);
        }
    }

    private async Task<RotationOutcome> RunAsync(RotationState state, KekId key, CancellationToken stoppingToken)
    {
        // A row that was left under an older key by a server that was held up begins another rotation, but not one that will not open.
        var run = new Run(key) { HasBegun = state.Key == key && !state.IsFinished };
        if (state.Key != key && !await BeginAsync(run, stoppingToken))
        {
            return RotationOutcome.Left;
        }

        while (true)
        {
            run.Unreadable = 0;
            foreach (var table in EnvelopeTable.All)
            {
                if (!await PassAsync(run, table, stoppingToken))
                {
                    return RotationOutcome.Left;
                }
            }

            // Whatever changed while it was looked at, or was locked, is met again.
            var (known, _) = await CountOthersAsync(stoppingToken);
            if (known <= run.Unreadable)
            {
                break;
            }

            await Task.Delay(PassPause, time, stoppingToken);
        }

        return !run.HasBegun ? RotationOutcome.Futile
            : await FinishAsync(run, stoppingToken) ? RotationOutcome.Finished
            : RotationOutcome.Left;
    }

    // false: it is not to go on here.
    private async Task<bool> PassAsync(Run run, EnvelopeTable table, CancellationToken stoppingToken)
    {
        var after = (RowId: Guid.Empty, Version: -1L);
        while (true)
        {
            var started = time.GetTimestamp();
            var ring = vault.Keys;
            if (!fleet.IsSettled || ring.Current.Id != run.Key || !await store.ClaimAsync(vault.Server, run.Key, Lease, stoppingToken))
            {
                if (run.HasBegun)
                {
                    Log.Left(logger, run.Key.ToString());
                }

                return false;
            }

            var rows = await store.FindBatchAsync(table, [.. ring.All.Where(key => key != ring.Current).Select(static key => key.Id.ToArray())], after, BatchRows, BatchBytes, stoppingToken);
            if (rows.Count == 0)
            {
                return true;
            }

            var renewed = rows.Select(row => (Row: row, Envelope: Renew(run, table, row))).Where(static row => row.Envelope is not null).Select(static row => (row.Row, row.Envelope!)).ToList();
            if (renewed.Count > 0)
            {
                if (!run.HasBegun && !await BeginAsync(run, stoppingToken))
                {
                    return false;
                }

                var moved = await store.MoveAsync(vault.Server, run.Key, table, renewed, stoppingToken);
                telemetry.Reencrypted(moved);
                await TellAsync(run, stoppingToken);
            }

            after = (rows[^1].RowId, rows[^1].Version);
            var pause = time.GetElapsedTime(started) * PauseFactor;
            await Task.Delay(pause > LeastPause ? pause : LeastPause, time, stoppingToken);
        }
    }

    // null: it does not open. The others are moved all the same.
    private byte[]? Renew(Run run, EnvelopeTable table, SealedRow row)
    {
        try
        {
            return vault.Renew(new EnvelopeContext(row.RowId, CredentialName.FromStored(row.Name)), row.Envelope);
        }
        catch (Exception exception) when (exception is EnvelopeException or FormatException)
        {
            run.Unreadable++;
            if (_told.Count < ToldRows && _told.Add((table.Name, row.RowId, row.Version)))
            {
                Log.DoesNotOpen(logger, table.Name, row.Name, exception.Message);
            }

            return null;
        }
    }

    private async Task<bool> BeginAsync(Run run, CancellationToken stoppingToken)
    {
        var (_, others) = await CountOthersAsync(stoppingToken);
        var note = source.Note(AuditAction.RotationStart, AuditOutcome.Success, string.Create(CultureInfo.InvariantCulture, $"to the key {run.Key}: {others} rows are under others"));
        if (!await store.BeginAsync(vault.Server, run.Key, note, stoppingToken))
        {
            return false;
        }

        run.HasBegun = true;
        run.ToldAt = time.GetTimestamp();
        Log.Began(logger, run.Key.ToString(), others);
        await audit.TryRecordAsync(note);
        return true;
    }

    private async Task TellAsync(Run run, CancellationToken stoppingToken)
    {
        if (run.ToldAt is { } last && time.GetElapsedTime(last) < ProgressInterval)
        {
            return;
        }

        run.ToldAt = time.GetTimestamp();
        var counts = await store.CountAsync(stoppingToken);
        telemetry.Show(KeyCensus.Of(vault.Keys, counts.Select(static count => (count.Key, count.Rows))));
        Log.Progress(logger, run.Key.ToString(), (await store.FindAsync(stoppingToken)).Reencrypted, counts.Where(count => count.Key != run.Key).Sum(static count => count.Rows));
    }

    private async Task<bool> FinishAsync(Run run, CancellationToken stoppingToken)
    {
        // A server with keys that this one had not met may have kept others since.
        await auditVault.OpenAsync(stoppingToken);
        await auditVault.KeepAsync(stoppingToken);
        var (_, left) = await CountOthersAsync(stoppingToken);
        var moved = (await store.FindAsync(stoppingToken)).Reencrypted;
        var reason = string.Create(CultureInfo.InvariantCulture, $"to the key {run.Key}: {moved} rows were moved, {left} do not open");
        var note = source.Note(AuditAction.RotationEnd, left == 0 ? AuditOutcome.Success : AuditOutcome.Failure, reason);
        if (!await store.FinishAsync(vault.Server, run.Key, left, note, stoppingToken))
        {
            return false;
        }

        if (left == 0)
        {
            Log.Finished(logger, run.Key.ToString(), moved);
        }
        else
        {
            Log.FinishedBut(logger, run.Key.ToString(), moved, left);
        }

        await audit.TryRecordAsync(note);
        return true;
    }

    // Of what is under other keys than the current one, how much is under a key that this server has, and how much there is.
    private async Task<(long Known, long All)> CountOthersAsync(CancellationToken stoppingToken)
    {
        var ring = vault.Keys;
        var others = (await store.CountAsync(stoppingToken)).FindAll(count => count.Key != ring.Current.Id);
        return (others.Where(count => ring.TryFind(count.Key, out _)).Sum(static count => count.Rows), others.Sum(static count => count.Rows));
    }

    private sealed class Run(KekId key)
    {
        public KekId Key { get; } = key;

        public bool HasBegun { get; set; }

        public long Unreadable { get; set; }

        public long? ToldAt { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Everything that is stored is now encrypted anew with the key {Key}: {Rows} rows are under others")]
        public static partial void Began(ILogger logger, string key, long rows);

        [LoggerMessage(LogLevel.Information, "The rotation to the key {Key} goes on: {Moved} rows were moved, {Left} are left")]
        public static partial void Progress(ILogger logger, string key, long moved, long left);

        [LoggerMessage(LogLevel.Information, "The rotation to the key {Key} is done: {Moved} rows were moved, and nothing is under another key")]
        public static partial void Finished(ILogger logger, string key, long moved);

        [LoggerMessage(LogLevel.Error, "The rotation to the key {Key} is done but for what does not open: {Moved} rows were moved, {Left} are under other keys still")]
        public static partial void FinishedBut(ILogger logger, string key, long moved, long left);

        [LoggerMessage(LogLevel.Information, "The rotation to the key {Key} is left to the other servers")]
        public static partial void Left(ILogger logger, string key);

        [LoggerMessage(LogLevel.Error, "What {Table} holds of {Credential} does not open, and stays under its key: {Reason}")]
        public static partial void DoesNotOpen(ILogger logger, string table, string credential, string reason);
    }
}
