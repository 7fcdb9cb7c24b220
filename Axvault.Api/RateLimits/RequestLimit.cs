namespace Axvault.Api.RateLimits;

/// <summary>A limit on requests per second for each key or address, with a burst of ten times as many.</summary>
internal sealed class RequestLimit<TSubject>
    where TSubject : notnull
{
    private const int BurstSeconds = 10;

    private readonly TimeProvider _time;
    private readonly Rate _rate;
    private readonly MeterTable<TSubject, RequestMeter> _meters;

    /// <summary>Creates an unused limit.</summary>
    /// <param name="perSecond">The number of requests per second; 0 disables the limit.</param>
    /// <param name="time">The clock.</param>
    /// <param name="capacity">The number of keys or addresses that are told apart at a time.</param>
    public RequestLimit(int perSecond, TimeProvider time, int capacity = Limits.Capacity)
    {
        (_time, IsSet) = (time, perSecond > 0);
        _rate = IsSet ? new Rate(time.TimestampFrequency / perSecond, perSecond * BurstSeconds) : default;
        _meters = new MeterTable<TSubject, RequestMeter>(capacity, time.TimestampFrequency);
    }

    /// <summary><see langword="true"/> when there is a limit; otherwise <see langword="false"/>.</summary>
    public bool IsSet { get; }

    /// <summary>The number of keys or addresses that are told apart now.</summary>
    public long Count => _meters.Count;

    /// <summary>Counts a request if it is allowed.</summary>
    /// <param name="subject">The key or address.</param>
    /// <param name="refusal">The reason against it.</param>
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

    /// <summary>Forgets keys and addresses without recent requests.</summary>
    public void Sweep() => _meters.Sweep(_time.GetTimestamp());
}
