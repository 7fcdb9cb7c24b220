namespace Axvault.Api.Database;

/// <summary>The database's time, estimated between its answers, so that servers with different clocks agree on times. Thread-safe.</summary>
/// <remarks>The time since an answer is that of the monotonic clock: a server whose own clock is set moves no entry of the log.</remarks>
internal sealed class DatabaseClock(TimeProvider time)
{
    // Clocks drift apart by less than this part of the time that passes.
    private const double Drift = 0.001;

    // A larger difference means that the database's clock was set.
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private DateTimeOffset? _answered;
    private long _answeredAt;

    /// <summary>The estimated time of the database. Before its first answer, this is the time of the server.</summary>
    public DateTimeOffset Now
    {
        get
        {
            lock (_lock)
            {
                return _answered is { } answered ? answered + time.GetElapsedTime(_answeredAt) : time.GetUtcNow();
            }
        }
    }

    /// <summary>Notes a time that the database has just answered.</summary>
    /// <remarks>An answer can be late, but not early. A slow one does not set the clock back, which would put entries of the log out of order.</remarks>
    public void Set(DateTimeOffset databaseTime)
    {
        var now = time.GetTimestamp();
        lock (_lock)
        {
            var known = _answered + time.GetElapsedTime(_answeredAt, now) * (1 - Drift);
            (_answered, _answeredAt) = (known is null || databaseTime > known || known - databaseTime > Step ? databaseTime : known, now);
        }
    }
}
