using Axvault.Api.Stored;

namespace Axvault.Api.Refresh;

/// <summary>The rule that says when a credential is due for a refresh. Pure: every time is a parameter.</summary>
internal static class RefreshPolicy
{
    /// <summary>Decides for a read.</summary>
    /// <param name="rules">The operator's rules.</param>
    /// <param name="state">The refreshes so far.</param>
    /// <param name="expiresAt">The expiry of the access token; <see langword="null"/> when unknown.</param>
    /// <param name="lifetime">The whole lifetime of the access token; <see langword="null"/> when unknown.</param>
    /// <param name="reuseLeeway">The time in which the provider accepts a refresh token again.</param>
    /// <param name="now">The time, by the database's clock.</param>
    /// <param name="isRefused"><see langword="true"/> when the provider has refused its present settings; otherwise <see langword="false"/>.</param>
    public static RefreshDecision Decide(
        RefreshRules rules,
        RefreshState state,
        DateTimeOffset? expiresAt,
        TimeSpan? lifetime,
        TimeSpan reuseLeeway,
        DateTimeOffset now,
        bool isRefused = false
    )
    {
        if (expiresAt is not { } expiry || !IsWithinThreshold(rules, expiry - now, lifetime) || now - state.LastRefreshedAt < rules.MinInterval)
        {
            return RefreshDecision.NotDue;
        }

        if (Claim(state, now) is { } claim)
        {
            return claim;
        }

        // A second attempt may revoke the login, so it waits until the access token has expired: then nothing is left to lose. Within the provider's leeway
        // a repeat is harmless.
        var mayTry =
            state.Status != RefreshStatus.Failed
            && !(isRefused && state.Status == RefreshStatus.Misconfigured)
            && (state.Status != RefreshStatus.Unknown || expiry <= now || now - state.UnknownSince < reuseLeeway)
            && !(state.NextAttemptAt > now);
        return mayTry ? RefreshDecision.Due : RefreshDecision.Withheld;
    }

    /// <summary>Decides for a caller that asks for a refresh now. The threshold, the interval and past failures do not count.</summary>
    /// <param name="state">The refreshes so far.</param>
    /// <param name="expiresAt">The expiry of the access token.</param>
    /// <param name="reuseLeeway">The time in which the provider accepts a refresh token again.</param>
    /// <param name="force"><see langword="true"/> to send a refresh token again that the provider may have spent; otherwise <see langword="false"/>.</param>
    /// <param name="now">The time, by the database's clock.</param>
    public static RefreshDecision DecideNow(RefreshState state, DateTimeOffset? expiresAt, TimeSpan reuseLeeway, bool force, DateTimeOffset now)
    {
        var mayRepeat =
            force || state.Status != RefreshStatus.Unknown || (expiresAt <= now && !(state.NextAttemptAt > now)) || now - state.UnknownSince < reuseLeeway;
        return Claim(state, now) ?? (mayRepeat ? RefreshDecision.Due : RefreshDecision.Withheld);
    }

    private static RefreshDecision? Claim(RefreshState state, DateTimeOffset now) =>
        state.ClaimedUntil is { } until
            ? until > now
                ? RefreshDecision.Claimed
                : RefreshDecision.Abandoned
            : null;

    private static bool IsWithinThreshold(RefreshRules rules, TimeSpan left, TimeSpan? lifetime) =>
        rules.Threshold > TimeSpan.Zero && left <= rules.Threshold && (lifetime is not { } whole || left <= whole * rules.LifetimeFraction);
}
