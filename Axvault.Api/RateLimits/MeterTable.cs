using System.Collections.Concurrent;

namespace Axvault.Api.RateLimits;

/// <summary>
/// The meters of all keys or addresses that are not as good as new, at most so many. When there are more, those that come anew share one meter: they are limited together, and the others as before.
/// </summary>
/// <remarks>A meter that is removed at the moment at which it is used loses one count.</remarks>
/// <param name="capacity">How many there are at most.</param>
/// <param name="sweepInterval">How long a full table is not searched again for what can be forgotten, in ticks of the clock.</param>
internal sealed class MeterTable<TSubject, TMeter>(int capacity, long sweepInterval)
    where TSubject : notnull
    where TMeter : Meter, new()
{
    private readonly ConcurrentDictionary<TSubject, TMeter> _meters = [];
    private readonly TMeter _shared = new();
    private long _count;
    private long _nextSweep = long.MinValue;

    /// <summary>How many there are.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>The meter of <paramref name="subject"/>, made if there is none.</summary>
    public TMeter Get(TSubject subject, long now) => _meters.TryGetValue(subject, out var meter) ? meter : Add(subject, now);

    /// <summary>The meter of <paramref name="subject"/>, if anything was counted by it.</summary>
    public TMeter? Find(TSubject subject) =>
        Volatile.Read(ref _count) is var count && count == 0 ? null
        : _meters.TryGetValue(subject, out var meter) ? meter
        : count >= capacity ? _shared
        : null;

    /// <summary>Forgets what is as good as new.</summary>
    public void Sweep(long now)
    {
        foreach (var meter in _meters)
        {
            if (meter.Value.IsIdle(now) && _meters.TryRemove(meter))
            {
                Interlocked.Decrement(ref _count);
            }
        }
    }

    private TMeter Add(TSubject subject, long now)
    {
        if (Volatile.Read(ref _count) >= capacity)
        {
            // By one at a time, and not for each that comes.
            var next = Volatile.Read(ref _nextSweep);
            if (now >= next && Interlocked.CompareExchange(ref _nextSweep, now + sweepInterval, next) == next)
            {
                Sweep(now);
            }
        }

        // Counted before it is there: those that come at once do not get past the end together.
        if (Interlocked.Increment(ref _count) > capacity)
        {
            Interlocked.Decrement(ref _count);
            return _shared;
        }

        var meter = new TMeter();
        if (_meters.TryAdd(subject, meter))
        {
            return meter;
        }

        Interlocked.Decrement(ref _count);
        return _meters.TryGetValue(subject, out var other) ? other : _shared;
    }
}
