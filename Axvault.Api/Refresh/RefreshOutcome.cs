namespace Axvault.Api.Refresh;

/// <summary>What came of a read's, or anybody else's, wish for fresh tokens.</summary>
internal enum RefreshOutcome
{
    /// <summary>No refresh was due.</summary>
    NotDue,

    /// <summary>The tokens were refreshed, by this server or by another that this one waited for.</summary>
    Refreshed,

    /// <summary>They were due, and could not be refreshed: the stored ones are served.</summary>
    Failed,
}
