namespace Axvault.Api.RateLimits;

/// <summary>
/// The failed authentications of one address. When there are too many it is backed off: for a second, and then, as long as what is let through still fails, for twice as long each time, a minute at
/// most. Each minute without a failure takes one step back.
/// </summary>
internal sealed class FailureMeter : Meter
{
    private const int MaxStep = 7;

    private readonly Lock _lock = new();
    private long _full = long.MinValue;
    private int _step;
    private long _until;
    private long _quietSince;
    private bool _isTried;

    /// <summary>Lets an attempt through, or not. Of an address that was backed off, one a second is.</summary>
    /// <param name="now">The time.</param>
    /// <param name="second">A second, in ticks of the clock.</param>
    /// <param name="wait">How long to wait, when it is not.</param>
    public bool TryEnter(long now, long second, out long wait)
    {
        lock (_lock)
        {
            Fade(now, second);
            wait = _step == 0 ? 0 : _until - now;
            if (wait > 0)
            {
                return false;
            }

            // What comes beside it would fail by the hundreds before the first of them has.
            (_isTried, _until, wait) = (_step > 0, now + second, 0);
            return true;
        }
    }

    /// <summary>Counts a failure.</summary>
    /// <param name="rate">How many there may be.</param>
    /// <param name="now">The time.</param>
    /// <param name="second">A second, in ticks of the clock.</param>
    public void Fail(Rate rate, long now, long second)
    {
        lock (_lock)
        {
            Fade(now, second);
            // One that was under way when the address was backed off is none that went on.
            if (_step > 0 ? _isTried : !rate.TryTake(ref _full, now, out _))
            {
                _step = Math.Min(_step + 1, MaxStep);
                _until = now + (Math.Min(1L << (_step - 1), 60) * second);
                (_isTried, _quietSince) = (false, _until);
            }
        }
    }

    /// <inheritdoc />
    protected override bool IsFresh(long now)
    {
        lock (_lock)
        {
            return _step == 0 && _full <= now;
        }
    }

    private void Fade(long now, long second)
    {
        var minute = 60 * second;
        while (_step > 0 && now - _quietSince >= minute)
        {
            _step--;
            _quietSince += minute;
        }
    }
}
