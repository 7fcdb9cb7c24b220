using System.Collections.Concurrent;

namespace Axvault.Api.RateLimits;

/// <summary>
/// The meters of the keys or addresses that are in use, up to a greatest number. In a full table, new ones share one meter: they are limited together, and the
/// others as before.
/// </summary>
/// <remarks>A meter that is removed at the moment of its use loses one count.</remarks>
/// <param name="capacity">The greatest number of meters.</param>
/// <param name="sweepInterval">The least time between two searches of a full table for idle meters, in ticks of the clock.</param>
internal sealed class MeterTable<TSubject, TMeter>(int capacity, long sweepInterval)
    where TSubject : notnull
    where TMeter : Meter, new()
{
    private readonly ConcurrentDictionary<TSubject, TMeter> _meters = [];
    private readonly TMeter _shared = new();
    private long _count;
    private long _nextSweep = long.MinValue;

    /// <summary>The number of meters.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Returns the meter of <paramref name="subject"/>, and makes it if needed.</summary>
    public TMeter Get(TSubject subject, long now) => _meters.TryGetValue(subject, out var meter) ? meter : Add(subject, now);

    /// <summary>Returns the meter of <paramref name="subject"/>, or <see langword="null"/> when it has none.</summary>
    public TMeter? Find(TSubject subject) =>
        Volatile.Read(ref _count) is var count && count == 0 ? null
        : _meters.TryGetValue(subject, out var meter) ? meter
        : count >= capacity ? _shared
        : null;

    /// <summary>Removes idle meters.</summary>
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
            // One thread searches at a time, and not for each new subject.
            var next = Volatile.Read(ref _nextSweep);
            if (now >= next && Interlocked.CompareExchange(ref _nextSweep, now + sweepInterval, next) == next)
            {
                Sweep(now);
            }
        }

        // Counted before the meter is added, so concurrent additions cannot exceed the capacity.
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
