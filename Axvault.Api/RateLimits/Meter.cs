using Axvault.Api.Audit;

namespace Axvault.Api.RateLimits;

/// <summary>What is counted of one key or address, and what of its refusals is still to be recorded.</summary>
internal abstract class Meter
{
    private readonly Lock _lock = new();
    private AuditEntry? _first;
    private long _ends;
    private long _more;

    /// <summary>Whether nothing would change if it were forgotten.</summary>
    public bool IsIdle(long now)
    {
        lock (_lock)
        {
            return _first is null && IsFresh(now);
        }
    }

    /// <summary>Whether it counts as one that is new.</summary>
    protected abstract bool IsFresh(long now);

    /// <summary>Notes a refusal.</summary>
    /// <param name="ends">When the window ends that the refusal opens, if it is the first.</param>
    /// <param name="describe">Describes the refusal.</param>
    /// <returns>The entry that is to be recorded at once; <see langword="null"/> for one that is counted.</returns>
    public AuditEntry? Refuse(long ends, Func<AuditEntry> describe)
    {
        ArgumentNullException.ThrowIfNull(describe);

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

    /// <summary>The first refusal of the window could not be recorded: the next one is the first, unless others have been counted already.</summary>
    public void Forgo()
    {
        lock (_lock)
        {
            _first = _more == 0 ? null : _first;
        }
    }

    /// <summary>Whether the window has ended.</summary>
    public bool HasEnded(long now)
    {
        lock (_lock)
        {
            return _ends <= now;
        }
    }

    /// <summary>Ends the window.</summary>
    /// <returns>Its first refusal, and how many came after it.</returns>
    public (AuditEntry? First, long More) End()
    {
        lock (_lock)
        {
            var ended = (_first, _more);
            (_first, _more) = (null, 0);
            return ended;
        }
    }

    /// <summary>What was counted could not be recorded: it is counted on.</summary>
    public void Restore(AuditEntry first, long more)
    {
        lock (_lock)
        {
            _first ??= first;
            _more += more;
            _ends = long.MinValue;
        }
    }
}
