namespace Axvault.Api.Audit.Verification;

/// <summary>The first fault that a verification found.</summary>
/// <param name="Kind">One of <see cref="AuditFault"/>.</param>
/// <param name="Lane">The lane; <see langword="null"/> for a fault of a checkpoint.</param>
/// <param name="Number">The number of the entry in the lane, or of the checkpoint.</param>
/// <param name="Detail">A sentence about the fault.</param>
internal sealed record LedgerFault(string Kind, long? Lane, long Number, string Detail)
{
    /// <summary>Returns a fault of a checkpoint.</summary>
    public static LedgerFault OfCheckpoint(string kind, long number, string detail) => new(kind, null, number, detail);
}
