namespace Axvault.Api.RateLimits;

/// <summary>
/// The failed authentications of one address. An address over the limit is backed off for one second. The pause doubles with each further failure, up to a
/// minute, and halves with each minute without one.
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

    /// <summary>
    /// Returns <see langword="true"/> when an attempt may go on; otherwise <see langword="false"/>. A backed-off address has one attempt per second.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="second">A second, in ticks of the clock.</param>
    /// <param name="wait">The time to wait, when it may not.</param>
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

            // Admit one attempt per second; otherwise hundreds of concurrent attempts get in before the first one fails.
            (_isTried, _until, wait) = (_step > 0, now + second, 0);
            return true;
        }
    }

    /// <summary>Counts a failure.</summary>
    /// <param name="rate">The allowed rate of failures.</param>
    /// <param name="now">The time.</param>
    /// <param name="second">A second, in ticks of the clock.</param>
    public void Fail(Rate rate, long now, long second)
    {
        lock (_lock)
        {
            Fade(now, second);
            // An attempt that was running when the address was backed off does not count again.
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
