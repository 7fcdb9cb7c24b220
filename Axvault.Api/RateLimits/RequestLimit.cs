namespace Axvault.Api.RateLimits;

/// <summary>So many requests a second for each key or address, and ten times as many at once.</summary>
internal sealed class RequestLimit<TSubject>
    where TSubject : notnull
{
    private const int BurstSeconds = 10;

    private readonly TimeProvider _time;
    private readonly Rate _rate;
    private readonly MeterTable<TSubject, RequestMeter> _meters;

    /// <summary>Makes a limit that nobody has used anything of.</summary>
    /// <param name="perSecond">How many requests a second; 0 for any number.</param>
    /// <param name="time">The clock.</param>
    /// <param name="capacity">How many keys or addresses are told apart at a time.</param>
    public RequestLimit(int perSecond, TimeProvider time, int capacity = Limits.Capacity)
    {
        ArgumentNullException.ThrowIfNull(time);

        (_time, IsSet) = (time, perSecond > 0);
        _rate = IsSet ? new Rate(time.TimestampFrequency / perSecond, perSecond * BurstSeconds) : default;
        _meters = new MeterTable<TSubject, RequestMeter>(capacity, time.TimestampFrequency);
    }

    /// <summary>Whether there is a limit.</summary>
    public bool IsSet { get; }

    /// <summary>How many keys or addresses are told apart now.</summary>
    public long Count => _meters.Count;

    /// <summary>Counts a request, if there may be one.</summary>
    /// <param name="subject">Whose it is.</param>
    /// <param name="refusal">What stands against it.</param>
    public bool TryTake(TSubject subject, out Refusal refusal)
    {
        var now = _time.GetTimestamp();
        var meter = _meters.Get(subject, now);
        if (meter.TryTake(_rate, now, out var wait))
        {
            refusal = default;
            return true;
        }

        refusal = new Refusal(meter, _time.GetElapsedTime(0, wait));
        return false;
    }

    /// <summary>Forgets whoever has made no request for a while.</summary>
    public void Sweep() => _meters.Sweep(_time.GetTimestamp());
}
