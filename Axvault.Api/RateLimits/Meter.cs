using Axvault.Api.Chain;

namespace Axvault.Api.RateLimits;

/// <summary>The count of one key or address, and its refusals that are not recorded yet.</summary>
internal abstract class Meter
{
    private readonly Lock _lock = new();
    private AuditEntry? _first;
    private long _ends;
    private long _more;

    /// <summary><see langword="true"/> when a new meter would count the same; otherwise <see langword="false"/>.</summary>
    public bool IsIdle(long now)
    {
        lock (_lock)
        {
            return _first is null && IsFresh(now);
        }
    }

    /// <summary><see langword="true"/> when the count is that of a new meter; otherwise <see langword="false"/>.</summary>
    protected abstract bool IsFresh(long now);

    /// <summary>Counts a refusal.</summary>
    /// <param name="ends">The end of the window that the refusal opens if it is the first.</param>
    /// <param name="describe">Makes the audit entry of the refusal.</param>
    /// <returns>The entry to record at once; <see langword="null"/> for a refusal that is only counted.</returns>
    public AuditEntry? Refuse(long ends, Func<AuditEntry> describe)
    {
        lock (_lock)
        {
            if (_first is null)
            {
                (_first, _ends, _more) = (describe(), ends, 0);
                return _first;
            }

            _more++;
            return null;
        }
    }

    /// <summary>Closes the window when its first refusal could not be recorded and no other was counted. The next refusal then opens a new window.</summary>
    public void Forgo()
    {
        lock (_lock)
        {
            _first = _more == 0 ? null : _first;
        }
    }

    /// <summary>Returns <see langword="true"/> when the window has ended; otherwise <see langword="false"/>.</summary>
    public bool HasEnded(long now)
    {
        lock (_lock)
        {
            return _ends <= now;
        }
    }

    /// <summary>Ends the window.</summary>
    /// <returns>The first refusal of the window, and the number of those after it.</returns>
    public (AuditEntry? First, long More) End()
    {
        lock (_lock)
        {
            var ended = (_first, _more);
            (_first, _more) = (null, 0);
            return ended;
        }
    }
}
