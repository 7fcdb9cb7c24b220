namespace Axvault.Api.Refresh;

/// <summary>The outcome of a request for fresh tokens.</summary>
internal enum RefreshOutcome
{
    /// <summary>No refresh was due.</summary>
    NotDue,

    /// <summary>The tokens were refreshed, by this server or by another one.</summary>
    Refreshed,

    /// <summary>The tokens were due, but not refreshed. The stored ones are served.</summary>
    Failed,
}
