namespace Axvault.Api.RateLimits;

/// <summary>The requests of one key or address.</summary>
internal sealed class RequestMeter : Meter
{
    private long _full = long.MinValue;

    /// <summary>Counts a request, if there may be one.</summary>
    /// <param name="rate">How many there may be.</param>
    /// <param name="now">The time.</param>
    /// <param name="wait">How long to wait, when there may be none.</param>
    public bool TryTake(Rate rate, long now, out long wait) => rate.TryTake(ref _full, now, out wait);

    /// <inheritdoc />
    protected override bool IsFresh(long now) => Volatile.Read(ref _full) <= now;
}
