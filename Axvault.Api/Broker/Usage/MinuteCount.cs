namespace Axvault.Api.Broker.Usage;

/// <summary>The count of a call in its minute.</summary>
/// <param name="Calls">The calls of the minute, this one included.</param>
/// <param name="UntilNext">The time until the next minute.</param>
internal sealed record MinuteCount(int Calls, TimeSpan UntilNext);
