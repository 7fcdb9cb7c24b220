using Axvault.Api.Refresh.Grants;

namespace Axvault.Api.Refresh;

/// <summary>
/// What the fleet remembers of the refreshes of a credential's present version. All times are of the database's clock, the only one that every
/// server shares. A put makes a new version, of which nothing is remembered yet.
/// </summary>
internal sealed record RefreshState
{
    /// <summary>Nothing has been tried.</summary>
    public static readonly RefreshState None = new();

    /// <summary>What came of the last refresh; <see langword="null"/> before the first.</summary>
    public RefreshStatus? Status { get; init; }

    /// <summary>When the tokens were last refreshed.</summary>
    public DateTimeOffset? LastRefreshedAt { get; init; }

    /// <summary>How long the access token of that refresh lives as a whole.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>When the last failure was.</summary>
    public DateTimeOffset? FailedAt { get; init; }

    /// <summary>What it was: one of <see cref="RefreshError"/>.</summary>
    public string? Error { get; init; }

    /// <summary>How many refreshes have failed since the last success.</summary>
    public int Attempts { get; init; }

    /// <summary>Before when nothing is tried again.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>When the refresh token was first sent without an answer that was understood.</summary>
    public DateTimeOffset? UnknownSince { get; init; }

    /// <summary>Until when a server claims the refresh; it prolongs that while it lives.</summary>
    public DateTimeOffset? ClaimedUntil { get; init; }
}
