namespace Axvault.Api.Refresh;

/// <summary>When a credential is due for a refresh.</summary>
/// <param name="Threshold">How long before its expiry an access token is refreshed; zero: never.</param>
/// <param name="MinInterval">How long after a success nothing is refreshed again.</param>
/// <param name="LifetimeFraction">The part of its lifetime, from 0 to 1, that may be left of a token when it is refreshed.</param>
internal sealed record RefreshRules(TimeSpan Threshold, TimeSpan MinInterval, double LifetimeFraction);
