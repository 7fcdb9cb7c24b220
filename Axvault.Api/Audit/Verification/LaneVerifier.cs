using System.Globalization;
using Axvault.Api.Chain;
using Axvault.Api.Encryption;

namespace Axvault.Api.Audit.Verification;

/// <summary>Verifies one lane, record by record.</summary>
/// <param name="lane">The lane.</param>
/// <param name="start">The last dropped entry of the lane; <see langword="null"/> when nothing of it was dropped.</param>
/// <param name="keys">The keys of the ledger.</param>
/// <param name="checkpoints">The verified checkpoints.</param>
internal sealed class LaneVerifier(long lane, LaneBase? start, ChainKeys keys, CheckpointVerifier checkpoints)
{
    private readonly Dictionary<KekId, long> _keks = [];
    private (long Sequence, byte[] Mac)? _last = start is null ? null : (start.Sequence, start.Mac);
    private ChainedEntry? _entry;
    private ChainedEntry? _doubtful;
    private LaneMark? _mark;
    private long? _closedAt;
    private bool _isOpen;

    /// <summary>The number of intact entries.</summary>
    public long Count { get; private set; }

    /// <summary>Verifies the next record. Returns its fault, if it has one.</summary>
    public LedgerFault? Check(LaneRecord record)
    {
        var isNext = record.Mark is null || !IsSame(record.Mark, _mark);
        _mark = record.Mark;
        if (record.Mark is { Kind: LaneEventKind.Opened } opening)
        {
            return record.Entry is null ? Open(opening) : Fault(AuditFault.Inserted, record.Entry.Sequence, "The entry is before the first of its lane.");
        }

        var isRepeated = isNext && record.Mark is not null && record.Entry is { } known && (IsSame(known, _entry) || IsSame(known, _doubtful));
        if (record.Entry is { } entry && !isRepeated && Check(entry) is { } fault)
        {
            return fault;
        }

        return record.Mark is { } mark ? Check(mark) : null;
    }

    /// <summary>Returns the fault of the whole lane, if it has one.</summary>
    public LedgerFault? CheckEnd()
    {
        if (_doubtful is { } changed)
        {
            return Fault(AuditFault.Changed, changed.Sequence, "The entry is not as it was written.");
        }

        if (_last is not var (last, _))
        {
            return Fault(AuditFault.Inserted, 0, "The lane was never announced by a checkpoint.");
        }

        if (_closedAt is null == !_isOpen)
        {
            return _isOpen
                ? Fault(AuditFault.Inserted, last, "The lane was closed, and is open.")
                : Fault(AuditFault.Removed, last + 1, "The lane is gone without a checkpoint that closed it.");
        }

        foreach (var (kek, first) in _keks)
        {
            if (!checkpoints.Counts(kek, _closedAt ?? long.MaxValue))
            {
                return Fault(AuditFault.RetiredKey, first, $"The entry is under the key {kek}, which was retired while the lane was open.");
            }
        }

        return null;
    }

    private LedgerFault? Open(LaneMark opening)
    {
        if (start is not null)
        {
            return null;
        }

        if (_last is not null)
        {
            return Fault(AuditFault.Inserted, 0, "The lane was announced twice.");
        }

        _last = (0, opening.CheckpointMac);
        return null;
    }

    private LedgerFault? Check(ChainedEntry entry)
    {
        if (_last is not var (last, mac))
        {
            return Fault(AuditFault.Inserted, entry.Sequence, "The lane was never announced by a checkpoint.");
        }

        // The entry after a doubtful one tells two cases apart: it is bound to the MAC of a changed entry, but does not know an inserted one.
        if (_doubtful is { } doubtful)
        {
            return keys.TryFind(entry.Kek, out var nextKey) && !LedgerMac.Follows(entry, doubtful.Mac, nextKey) && IsShifted(entry, last, mac, nextKey)
                ? Fault(AuditFault.Inserted, doubtful.Sequence, "The entry was written by no server of this vault.")
                : Fault(AuditFault.Changed, doubtful.Sequence, "The entry is not as it was written.");
        }

        if (entry.Sequence > last + 1)
        {
            return Fault(AuditFault.Removed, last + 1, "The entry is missing.");
        }

        if (entry.Sequence <= last || _closedAt is not null)
        {
            return Fault(AuditFault.Inserted, entry.Sequence, "There are two entries of this number, or the lane ends before it.");
        }

        if (!keys.TryFind(entry.Kek, out var key))
        {
            return Fault(AuditFault.UnknownKey, entry.Sequence, $"The entry is under the key {entry.Kek}, which is not known.");
        }

        if (!LedgerMac.Follows(entry, mac, key))
        {
            _doubtful = entry;
            return null;
        }

        if (entry.Checkpoint > checkpoints.Last.Number)
        {
            return checkpoints.Missing(entry.Checkpoint);
        }

        _keks.TryAdd(entry.Kek, entry.Sequence);
        _last = (entry.Sequence, entry.Mac);
        _entry = entry;
        Count++;
        return null;
    }

    private LedgerFault? Check(LaneMark mark)
    {
        if (_doubtful is not null)
        {
            return null;
        }

        if (_last is not var (last, mac))
        {
            return Fault(AuditFault.Inserted, mark.Sequence, "The lane was never announced by a checkpoint.");
        }

        if (mark.Sequence > last)
        {
            return Fault(
                AuditFault.Removed,
                last + 1,
                string.Create(CultureInfo.InvariantCulture, $"The newest entries of the lane are missing: there was an entry {mark.Sequence}.")
            );
        }

        // Before its first entry a lane has the MAC of its announcement.
        if (mark.Sequence == last && !mark.Mac.AsSpan().SequenceEqual(mac))
        {
            return Fault(AuditFault.Changed, last, "The entry is not that of the checkpoint: the lane was rewritten from there or before.");
        }

        if (mark.Kind == LaneEventKind.Closed)
        {
            _closedAt = mark.Number;
        }

        _isOpen |= mark.Kind is null;
        return mark.Kind is null && mark.Sequence < last
            ? Fault(AuditFault.Inserted, mark.Sequence + 1, "The lane ends before the entry.")
            : null;
    }

    // An entry comes once for each record that says something of it.
    private static bool IsSame(ChainedEntry entry, ChainedEntry? other) =>
        other is not null && entry.Mac.AsSpan().SequenceEqual(other.Mac) && entry == other with { Mac = entry.Mac };

    private static bool IsSame(LaneMark mark, LaneMark? other) => mark.Number == other?.Number && mark.Kind == other.Kind && mark.Sequence == other.Sequence;

    // The entry after an inserted one, with its old number, follows the entry before that one.
    private static bool IsShifted(ChainedEntry next, long last, byte[] mac, byte[] key) =>
        LedgerMac.Follows(next with { Sequence = last + 1 }, mac, key) || LedgerMac.Follows(next, mac, key);

    private LedgerFault Fault(string kind, long sequence, string detail) => new(kind, lane, sequence, detail);
}
