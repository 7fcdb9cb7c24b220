using System.Data;
using Axvault.Api.Chain;
using Npgsql;

namespace Axvault.Api.Audit.Verification;

/// <summary>
/// Verifies the whole ledger in constant memory, and reports the first fault: first the checkpoints, then lane by lane the entries, and last the rows that the
/// entries are about.
/// </summary>
internal sealed class AuditVerifier(NpgsqlDataSource database, ChainKeyRing chainKeys)
{
    /// <summary>Verifies the ledger.</summary>
    /// <param name="anchors">Checkpoints kept outside of the database. Each must be in the ledger, or before its beginning.</param>
    /// <param name="progress">Gets the progress; <see langword="null"/> when no one looks.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<AuditReport> VerifyAsync(
        IReadOnlyCollection<AuditAnchor> anchors,
        VerificationProgress? progress,
        CancellationToken cancellationToken
    )
    {
        var keys = chainKeys.Keys;
        if (anchors.FirstOrDefault(anchor => !anchor.IsAuthentic(keys)) is { } foreign)
        {
            return Report(
                LedgerFault.OfCheckpoint(
                    AuditFault.ForeignAnchor,
                    foreign.Checkpoint.Number,
                    "The anchor was not sealed by a server of this vault, or is under a key that is not configured."
                )
            );
        }

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        var cut = new LedgerCut(0, chainKeys.Genesis, []);
        if (await CutStore.FindAsync(transaction, cancellationToken) is var (stored, kek, seal))
        {
            if (!LedgerSeal.IsOfCut(stored, kek, seal, keys))
            {
                return Report(
                    LedgerFault.OfCheckpoint(AuditFault.Removed, stored.Number, "The record of the last cut was not made by a server of this vault.")
                );
            }

            cut = stored;
        }

        progress?.Begin(await VerificationStore.CountAsync(transaction, cancellationToken));

        var checkpoints = new CheckpointVerifier(
            keys,
            new CheckpointHead(cut.Number, DateTimeOffset.UnixEpoch, cut.Mac),
            anchors.Select(static anchor => anchor.Checkpoint).Where(anchor => anchor.Number > cut.Number)
        );
        var report =
            await VerifyCheckpointsAsync(VerificationStore.ReadCheckpointsAsync(transaction, cut.Number, cancellationToken), checkpoints)
            ?? await VerifyLanesAsync(VerificationStore.ReadLanesAsync(transaction, cut.Number, cancellationToken), cut, keys, checkpoints, progress);
        // A change and its entry are one transaction, so the rows of this snapshot are as its entries say.
        return report.Valid && await RowStateStore.FindOlderAsync(transaction, cancellationToken) is { } older
            ? Report(older, checkpoints, report.Entries, report.Lanes)
            : report;
    }

    /// <summary>Verifies the checkpoints of a ledger, and keeps none of them. Returns a report when there is a fault.</summary>
    public static async Task<AuditReport?> VerifyCheckpointsAsync(IAsyncEnumerable<Checkpoint> stored, CheckpointVerifier checkpoints)
    {
        await foreach (var checkpoint in stored)
        {
            if (checkpoints.Check(checkpoint) is { } fault)
            {
                return Report(fault, checkpoints);
            }
        }

        return checkpoints.CheckEnd() is { } end ? Report(end, checkpoints) : null;
    }

    /// <summary>Verifies the lanes of a ledger, and keeps no record of them.</summary>
    /// <param name="records">The records, lane by lane.</param>
    /// <param name="cut">The place at which the ledger begins.</param>
    /// <param name="keys">The keys of the ledger.</param>
    /// <param name="checkpoints">The verified checkpoints.</param>
    /// <param name="progress">Gets the progress; <see langword="null"/> when no one looks.</param>
    public static async Task<AuditReport> VerifyLanesAsync(
        IAsyncEnumerable<LaneRecord> records,
        LedgerCut cut,
        ChainKeys keys,
        CheckpointVerifier checkpoints,
        VerificationProgress? progress = null
    )
    {
        var bases = cut.Lanes.ToDictionary(static lane => lane.Lane);
        var (count, lanes) = (0L, 0L);
        var (number, lane) = (0L, (LaneVerifier?)null);
        LedgerFault? fault = null;
        await foreach (var record in records)
        {
            if (lane is null || number != record.Lane)
            {
                fault = lane?.CheckEnd();
                (count, lanes) = (count + (lane?.Count ?? 0), lanes + (lane is null ? 0 : 1));
                bases.Remove(record.Lane, out var start);
                (number, lane) = (record.Lane, new LaneVerifier(record.Lane, start, keys, checkpoints));
            }

            fault ??= lane.Check(record);
            if (fault is not null)
            {
                return Report(fault, checkpoints, count + lane.Count, lanes);
            }

            progress?.Advance(count + lane.Count);
        }

        fault = lane?.CheckEnd();
        count += lane?.Count ?? 0;
        if (fault is null && bases.Count > 0)
        {
            var missing = bases.Values.MinBy(static start => start.Lane)!;
            fault = new LedgerFault(AuditFault.Removed, missing.Lane, missing.Sequence + 1, "The lane is gone without a checkpoint that closed it.");
        }

        return fault is not null
            ? Report(fault, checkpoints, count, lanes)
            : new AuditReport
            {
                Valid = true,
                Entries = count,
                Lanes = lanes + (lane is null ? 0 : 1),
                LastCheckpoint = checkpoints.Last.Number,
                Head = AuditAnchor.Of(checkpoints.Last, keys).ToString(),
            };
    }

    private static AuditReport Report(LedgerFault fault, CheckpointVerifier? checkpoints = null, long entries = 0, long lanes = 0) =>
        new()
        {
            Valid = false,
            Entries = entries,
            Lanes = lanes,
            LastCheckpoint = checkpoints?.Last.Number,
            Fault = fault.Kind,
            Lane = fault.Lane,
            Sequence = fault.Lane is null ? null : fault.Number,
            Checkpoint = fault.Lane is null ? fault.Number : null,
            Detail = fault.Detail,
        };
}
