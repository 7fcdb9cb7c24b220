namespace Axvault.Api.RateLimits;

/// <summary>
/// So many in a time, and a burst of them at once: a token bucket, kept as the one moment at which it is full again (the generic cell rate algorithm, ITU-T I.371).
/// It takes no memory but that number, no timer and no lock, and knows exactly how long there is to wait.
/// </summary>
/// <param name="Interval">The time between two that come evenly, in ticks of the clock.</param>
/// <param name="Burst">How many may come at once.</param>
internal readonly record struct Rate(long Interval, long Burst)
{
    /// <summary>Takes one, if there is one.</summary>
    /// <param name="full">When the bucket is full again; changed by what is taken, and by nothing else.</param>
    /// <param name="now">The time.</param>
    /// <param name="wait">How long until there is one again, when there is none.</param>
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
