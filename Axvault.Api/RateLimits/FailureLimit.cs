namespace Axvault.Api.RateLimits;

/// <summary>The limit on failed authentications per minute and address. An address over it is backed off (<see cref="FailureMeter"/>).</summary>
internal sealed class FailureLimit
{
    private readonly TimeProvider _time;
    private readonly Rate _rate;
    private readonly bool _isSet;
    private readonly MeterTable<ClientOrigin, FailureMeter> _meters;

    /// <summary>Creates an unused limit.</summary>
    /// <param name="perMinute">The number of failures per minute; 0 disables the limit.</param>
    /// <param name="time">The clock.</param>
    /// <param name="capacity">The number of addresses that are told apart at a time.</param>
    public FailureLimit(int perMinute, TimeProvider time, int capacity = Limits.Capacity)
    {
        (_time, _isSet) = (time, perMinute > 0);
        // The failure that reaches the limit backs the address off, not the one after it.
        _rate = _isSet ? new Rate(60 * time.TimestampFrequency / perMinute, perMinute - 1) : default;
        _meters = new MeterTable<ClientOrigin, FailureMeter>(capacity, time.TimestampFrequency);
    }

    /// <summary>The number of addresses that are told apart now.</summary>
    public long Count => _meters.Count;

    /// <summary>Returns <see langword="true"/> when failures of <paramref name="network"/> have been counted; otherwise every attempt is let through.</summary>
    public bool IsWatched(ClientOrigin network) => _isSet && _meters.Find(network) is not null;

    /// <summary>Returns <see langword="true"/> when an attempt to authenticate may go on; otherwise <see langword="false"/>.</summary>
    /// <param name="network">The origin of the attempt.</param>
    /// <param name="refusal">The reason against it.</param>
    public bool TryEnter(ClientOrigin network, out Refusal refusal)
    {
        refusal = default;
        if (!_isSet || _meters.Find(network) is not { } meter || meter.TryEnter(_time.GetTimestamp(), _time.TimestampFrequency, out var wait))
        {
            return true;
        }

        refusal = new Refusal(meter, _time.GetElapsedTime(0, wait));
        return false;
    }

    /// <summary>Counts a failed attempt.</summary>
    public void Fail(ClientOrigin network)
    {
        if (_isSet)
        {
            var now = _time.GetTimestamp();
            _meters.Get(network, now).Fail(_rate, now, _time.TimestampFrequency);
        }
    }

    /// <summary>Forgets addresses without recent failures.</summary>
    public void Sweep() => _meters.Sweep(_time.GetTimestamp());
}
