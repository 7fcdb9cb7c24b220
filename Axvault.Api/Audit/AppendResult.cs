using Axvault.Api.Audit.Chain;

namespace Axvault.Api.Audit;

/// <summary>What came of an append.</summary>
/// <param name="Appended">Whether the entries are in the chain.</param>
/// <param name="Head">The head as it is now, if there is one.</param>
/// <param name="Clock">The database's time.</param>
/// <param name="StaleKeys">The ids of remembered keys that have been changed or removed; nothing was appended.</param>
/// <param name="StaleCredentials">The row ids of remembered credentials that have been changed or removed; nothing was appended.</param>
internal sealed record AppendResult(bool Appended, ChainHead? Head, DateTimeOffset Clock, string[] StaleKeys, Guid[] StaleCredentials)
{
    /// <summary>Whether it was because of one of those that nothing was appended.</summary>
    public bool IsStale => StaleKeys.Length + StaleCredentials.Length > 0;
}
