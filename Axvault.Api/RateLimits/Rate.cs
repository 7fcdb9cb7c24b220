namespace Axvault.Api.RateLimits;

/// <summary>
/// A rate with a burst: a token bucket, kept as the one moment at which it is full again (generic cell rate algorithm, ITU-T I.371). It needs one number, no
/// timer and no lock, and knows exactly how long to wait.
/// </summary>
/// <param name="Interval">The time between two permits at the sustained rate, in ticks of the clock.</param>
/// <param name="Burst">The number of permits that can be taken at once.</param>
internal readonly record struct Rate(long Interval, long Burst)
{
    /// <summary>Takes a permit if there is one.</summary>
    /// <param name="full">The moment at which the bucket is full again. Taking a permit moves it.</param>
    /// <param name="now">The time.</param>
    /// <param name="wait">The time until the next permit, when there is none.</param>
    public bool TryTake(ref long full, long now, out long wait)
    {
        while (true)
        {
            var before = Volatile.Read(ref full);
            var after = Math.Max(before, now) + Interval;
            wait = after - now - (Interval * Burst);
            if (wait > 0)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref full, after, before) == before)
            {
                wait = 0;
                return true;
            }
        }
    }
}
