namespace Axvault.Api.Refresh;

/// <summary>What to do about a credential's tokens.</summary>
internal enum RefreshDecision
{
    /// <summary>Nothing: they are fresh, or cannot be refreshed.</summary>
    NotDue,

    /// <summary>Refresh them.</summary>
    Due,

    /// <summary>They are due, and are left alone because of what happened before.</summary>
    Withheld,

    /// <summary>A server is refreshing them: wait for it.</summary>
    Claimed,

    /// <summary>A server began to refresh them, and was not heard of again.</summary>
    Abandoned,
}
