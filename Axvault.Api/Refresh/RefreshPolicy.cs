namespace Axvault.Api.Refresh;

/// <summary>Whether a credential is due for a refresh. Pure: every time is given.</summary>
internal static class RefreshPolicy
{
    /// <summary>Decides for a read.</summary>
    /// <param name="rules">The operator's rules.</param>
    /// <param name="state">What the fleet remembers.</param>
    /// <param name="expiresAt">When the access token expires; <see langword="null"/> when nobody knows.</param>
    /// <param name="lifetime">How long it lives as a whole; <see langword="null"/> when nobody knows.</param>
    /// <param name="reuseLeeway">How long the provider grants a refresh token again.</param>
    /// <param name="now">The time, of the database's clock.</param>
    public static RefreshDecision Decide(
        RefreshRules rules, RefreshState state, DateTimeOffset? expiresAt, TimeSpan? lifetime, TimeSpan reuseLeeway, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(state);

        if (expiresAt is not { } expiry || !IsWithinThreshold(rules, expiry - now, lifetime) || now - state.LastRefreshedAt < rules.MinInterval)
        {
            return RefreshDecision.NotDue;
        }

        if (Claim(state, now) is { } claim)
        {
            return claim;
        }

        // A valid access token is worth more than a try that may revoke it; when it has expired, nothing is left to lose. Where the provider grants it
        // again, a token whose fate is not known may be sent again at once.
        var mayTry = state.Status != RefreshStatus.Failed
            && (state.Status != RefreshStatus.Unknown || expiry <= now || now - state.UnknownSince < reuseLeeway)
            && !(state.NextAttemptAt > now);
        return mayTry ? RefreshDecision.Due : RefreshDecision.Withheld;
    }

    /// <summary>Decides for somebody who asks for a refresh now: the threshold, the interval and past failures do not count.</summary>
    /// <param name="state">What the fleet remembers.</param>
    /// <param name="expiresAt">When the access token expires.</param>
    /// <param name="reuseLeeway">How long the provider grants a refresh token again.</param>
    /// <param name="force">Whether to send a refresh token again of which nobody knows whether the provider took it.</param>
    /// <param name="now">The time, of the database's clock.</param>
    public static RefreshDecision DecideNow(RefreshState state, DateTimeOffset? expiresAt, TimeSpan reuseLeeway, bool force, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);

        var mayRepeat = force
            || state.Status != RefreshStatus.Unknown
            || (expiresAt <= now && !(state.NextAttemptAt > now))
            || now - state.UnknownSince < reuseLeeway;
        return Claim(state, now) ?? (mayRepeat ? RefreshDecision.Due : RefreshDecision.Withheld);
    }

    private static RefreshDecision? Claim(RefreshState state, DateTimeOffset now) =>
        state.ClaimedUntil is { } until ? until > now ? RefreshDecision.Claimed : RefreshDecision.Abandoned : null;

    private static bool IsWithinThreshold(RefreshRules rules, TimeSpan left, TimeSpan? lifetime) =>
        rules.Threshold > TimeSpan.Zero && left <= rules.Threshold && (lifetime is not { } whole || left <= whole * rules.LifetimeFraction);
}
