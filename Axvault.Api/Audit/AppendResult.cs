using Axvault.Api.Audit.Chain;
using Axvault.Api.Credentials;

namespace Axvault.Api.Audit;

/// <summary>What came of an append.</summary>
/// <param name="Appended">Whether the entries are in the chain, and the credentials put.</param>
/// <param name="Head">The head as it is now, if there is one.</param>
/// <param name="Clock">The database's time.</param>
/// <param name="StaleKeys">The ids of remembered keys that have been changed or removed; nothing was appended.</param>
/// <param name="StaleCredentials">The row ids of remembered credentials that have been changed or removed; nothing was appended.</param>
internal sealed record AppendResult(bool Appended, ChainHead? Head, DateTimeOffset Clock, string[] StaleKeys, Guid[] StaleCredentials)
{
    /// <summary>
    /// What came of each put, in their order. When nothing was appended: of those that it was because of, and <see langword="null"/> for the others; empty
    /// when it was because of none.
    /// </summary>
    public PutOutcome?[] Puts { get; init; } = [];

    /// <summary>Whether nothing was appended because of a part of the group, which the rest does not depend on.</summary>
    public bool IsHeldUp => !Appended && StaleKeys.Length + StaleCredentials.Length + Puts.Length > 0;
}
