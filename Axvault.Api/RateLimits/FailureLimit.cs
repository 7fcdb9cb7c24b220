namespace Axvault.Api.RateLimits;

/// <summary>So many failed authentications a minute for each address; then it is backed off (<see cref="FailureMeter"/>).</summary>
internal sealed class FailureLimit
{
    private readonly TimeProvider _time;
    private readonly Rate _rate;
    private readonly bool _isSet;
    private readonly MeterTable<ClientOrigin, FailureMeter> _meters;

    /// <summary>Makes a limit that nobody has used anything of.</summary>
    /// <param name="perMinute">How many failures a minute; 0 for any number.</param>
    /// <param name="time">The clock.</param>
    /// <param name="capacity">How many addresses are told apart at a time.</param>
    public FailureLimit(int perMinute, TimeProvider time, int capacity = Limits.Capacity)
    {
        ArgumentNullException.ThrowIfNull(time);

        (_time, _isSet) = (time, perMinute > 0);
        // The last of them backs off, and not the one after it.
        _rate = _isSet ? new Rate(60 * time.TimestampFrequency / perMinute, perMinute - 1) : default;
        _meters = new MeterTable<ClientOrigin, FailureMeter>(capacity, time.TimestampFrequency);
    }

    /// <summary>How many addresses are told apart now.</summary>
    public long Count => _meters.Count;

    /// <summary>Whether anything was counted of <paramref name="network"/>: if not, every attempt is let through.</summary>
    public bool IsWatched(ClientOrigin network) => _isSet && _meters.Find(network) is not null;

    /// <summary>Lets an attempt to authenticate through, or not.</summary>
    /// <param name="network">Where it comes from.</param>
    /// <param name="refusal">What stands against it.</param>
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

    /// <summary>Counts an attempt that failed.</summary>
    public void Fail(ClientOrigin network)
    {
        if (_isSet)
        {
            var now = _time.GetTimestamp();
            _meters.Get(network, now).Fail(_rate, now, _time.TimestampFrequency);
        }
    }

    /// <summary>Forgets whoever has not failed for a while.</summary>
    public void Sweep() => _meters.Sweep(_time.GetTimestamp());
}
