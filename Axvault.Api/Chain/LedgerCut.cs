namespace Axvault.Api.Chain;

/// <summary>The place at which the ledger begins after its oldest months were dropped.</summary>
/// <param name="Number">The number of the last dropped checkpoint; 0 when none was dropped.</param>
/// <param name="Mac">The MAC of that checkpoint.</param>
/// <param name="Lanes">The last dropped entry of each lane that goes on, in the order of the lanes.</param>
internal sealed record LedgerCut(long Number, byte[] Mac, IReadOnlyList<LaneBase> Lanes);

/// <summary>The last dropped entry of a lane.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="Sequence">The number of the entry.</param>
/// <param name="Mac">The MAC of the entry.</param>
internal sealed record LaneBase(long Lane, long Sequence, byte[] Mac);
