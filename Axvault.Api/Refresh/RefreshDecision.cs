namespace Axvault.Api.Refresh;

/// <summary>The decision about a credential's tokens.</summary>
internal enum RefreshDecision
{
    /// <summary>The tokens are fresh, or cannot be refreshed.</summary>
    NotDue,

    /// <summary>The tokens are to be refreshed.</summary>
    Due,

    /// <summary>The tokens are due, but an earlier failure forbids a refresh now.</summary>
    Withheld,

    /// <summary>Another server is refreshing the tokens. Wait for it.</summary>
    Claimed,

    /// <summary>A server claimed the refresh and did not prolong its claim.</summary>
    Abandoned,
}
