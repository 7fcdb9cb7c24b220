namespace Axvault.Api.RateLimits;

/// <summary>That a limit refuses a request.</summary>
/// <param name="Meter">What was counted.</param>
/// <param name="Wait">How long until it would not.</param>
internal readonly record struct Refusal(Meter Meter, TimeSpan Wait);
