namespace Axvault.Api.RateLimits;

/// <summary>The requests of one key or address.</summary>
internal sealed class RequestMeter : Meter
{
    private long _full = long.MinValue;

    /// <summary>Counts a request if it is allowed.</summary>
    /// <param name="rate">The allowed rate.</param>
    /// <param name="now">The time.</param>
    /// <param name="wait">The time to wait, when it is not allowed.</param>
    public bool TryTake(Rate rate, long now, out long wait) => rate.TryTake(ref _full, now, out wait);

    /// <inheritdoc />
    protected override bool IsFresh(long now) => Volatile.Read(ref _full) <= now;
}
