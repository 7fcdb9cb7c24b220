namespace Axvault.Api.Audit;

/// <summary>The database's time, estimated between its answers: servers whose clocks differ write one order of times.</summary>
internal sealed class AuditClock(TimeProvider time)
{
    private long _offsetTicks;

    /// <summary>The time of the database, as well as it is known.</summary>
    public DateTimeOffset Now => time.GetUtcNow() + new TimeSpan(Interlocked.Read(ref _offsetTicks));

    /// <summary>Notes what the database said the time was just now.</summary>
    public void Set(DateTimeOffset databaseTime) => Interlocked.Exchange(ref _offsetTicks, (databaseTime - time.GetUtcNow()).Ticks);
}
