namespace Axvault.Api.RateLimits;

/// <summary>The refusal of a request by a limit.</summary>
/// <param name="Meter">The meter that was over the limit.</param>
/// <param name="Wait">The time until the next request is allowed.</param>
internal readonly record struct Refusal(Meter Meter, TimeSpan Wait);
