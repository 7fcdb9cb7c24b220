namespace Axvault.Api.Database;

/// <summary>The database's time, estimated between its answers, so that servers with different clocks agree on times. Thread-safe.</summary>
internal sealed class DatabaseClock(TimeProvider time)
{
    // Clocks drift apart by less than this part of the time that passes.
    private const double Drift = 0.001;

    // A larger difference means that one of the clocks was set.
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private TimeSpan _offset;
    private DateTimeOffset _notedAt;

    /// <summary>The estimated time of the database.</summary>
    public DateTimeOffset Now
    {
        get
        {
            lock (_lock)
            {
                return time.GetUtcNow() + _offset;
            }
        }
    }

    /// <summary>Notes a time that the database has just answered.</summary>
    /// <remarks>An answer can be late, but not early. A slow one does not set the clock back, which would put entries of the log out of order.</remarks>
    public void Set(DateTimeOffset databaseTime)
    {
        var now = time.GetUtcNow();
        var offset = databaseTime - now;
        lock (_lock)
        {
            var known = _offset - (now - _notedAt) * Drift;
            (_offset, _notedAt) = (offset > known || known - offset > Step ? offset : known, now);
        }
    }
}
