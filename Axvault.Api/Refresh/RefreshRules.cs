namespace Axvault.Api.Refresh;

/// <summary>The operator's rules for when a credential is due for a refresh.</summary>
/// <param name="Threshold">The time before its expiry at which an access token is refreshed; zero disables refresh.</param>
/// <param name="MinInterval">The time after a successful refresh in which there is no other.</param>
/// <param name="LifetimeFraction">The fraction of the lifetime, from 0 to 1. A token is refreshed only when no more than this fraction remains.</param>
internal sealed record RefreshRules(TimeSpan Threshold, TimeSpan MinInterval, double LifetimeFraction);
