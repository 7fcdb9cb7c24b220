using System.Globalization;
using Axvault.Api.Chain;
using Axvault.Api.Encryption;

namespace Axvault.Api.Audit.Verification;

/// <summary>Verifies the chain of checkpoints, one after the other, and the anchors.</summary>
internal sealed class CheckpointVerifier(ChainKeys keys, CheckpointHead start, IEnumerable<CheckpointHead> anchors)
{
    private readonly Queue<CheckpointHead> _anchors = new(anchors.OrderBy(static anchor => anchor.Number));
    private readonly Dictionary<KekId, long> _retiredAt = new(keys.RetiredAt);

    /// <summary>The newest intact checkpoint.</summary>
    public CheckpointHead Last { get; private set; } = start;

    /// <summary>
    /// Returns <see langword="true"/> when a lane that was closed by checkpoint <paramref name="number"/> may have entries under <paramref name="kek"/>;
    /// otherwise <see langword="false"/>.
    /// </summary>
    /// <remarks>A KEK that was retired and is the present one again counts.</remarks>
    public bool Counts(KekId kek, long number) => kek == keys.CurrentId || !_retiredAt.TryGetValue(kek, out var retiredAt) || number <= retiredAt;

    /// <summary>Verifies the next checkpoint. Returns its fault, if it has one.</summary>
    public LedgerFault? Check(Checkpoint checkpoint)
    {
        var expected = Last.Number + 1;
        if (checkpoint.Number > expected)
        {
            return LedgerFault.OfCheckpoint(AuditFault.Removed, expected, "The checkpoint is missing.");
        }

        if (!keys.TryFind(checkpoint.Kek, out var key))
        {
            return LedgerFault.OfCheckpoint(AuditFault.UnknownKey, checkpoint.Number, $"The checkpoint is under the key {checkpoint.Kek}, which is not known.");
        }

        // The checkpoint that retires a key is itself under the next one.
        if (!Counts(checkpoint.Kek, checkpoint.Number + 1))
        {
            return LedgerFault.OfCheckpoint(
                AuditFault.RetiredKey,
                checkpoint.Number,
                $"The checkpoint is under the key {checkpoint.Kek}, which was retired before."
            );
        }

        if (!LedgerMac.Follows(checkpoint, Last.Mac, key))
        {
            return LedgerFault.OfCheckpoint(AuditFault.Changed, checkpoint.Number, "The checkpoint is not as it was written.");
        }

        Last = checkpoint.ToHead();
        foreach (var retired in checkpoint.Retired)
        {
            _retiredAt.TryAdd(retired, checkpoint.Number);
        }

        return CheckAnchors();
    }

    /// <summary>Returns the fault at the end of the chain, if it has one.</summary>
    public LedgerFault? CheckEnd()
    {
        var known = _anchors.Select(static anchor => anchor.Number).Concat(keys.RetiredAt.Values).DefaultIfEmpty().Max();
        return known > Last.Number ? Missing(known) : null;
    }

    /// <summary>Returns the fault of the newest checkpoints being missing, of which <paramref name="known"/> was one.</summary>
    public LedgerFault Missing(long known) =>
        LedgerFault.OfCheckpoint(
            AuditFault.Removed,
            Last.Number + 1,
            string.Create(CultureInfo.InvariantCulture, $"The newest checkpoints are missing. There was a checkpoint {known}.")
        );

    private LedgerFault? CheckAnchors()
    {
        while (_anchors.TryPeek(out var anchor) && anchor.Number <= Last.Number)
        {
            if (anchor.Number == Last.Number && !anchor.Is(Last))
            {
                return LedgerFault.OfCheckpoint(
                    AuditFault.Changed,
                    anchor.Number,
                    "The checkpoint is not that of the anchor: the ledger was rewritten from there or before."
                );
            }

            _anchors.Dequeue();
        }

        return null;
    }
}
