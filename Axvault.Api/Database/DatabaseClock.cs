namespace Axvault.Api.Database;

/// <summary>The database's time, estimated between its answers, so that servers with different clocks agree on times.</summary>
internal sealed class DatabaseClock(TimeProvider time)
{
    private long _offsetTicks;

    /// <summary>The estimated time of the database.</summary>
    public DateTimeOffset Now => time.GetUtcNow() + new TimeSpan(Interlocked.Read(ref _offsetTicks));

    /// <summary>Notes a time that the database has just answered.</summary>
    public void Set(DateTimeOffset databaseTime) => Interlocked.Exchange(ref _offsetTicks, (databaseTime - time.GetUtcNow()).Ticks);
}
