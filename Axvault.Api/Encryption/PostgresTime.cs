namespace Axvault.Api.Encryption;

/// <summary>Times as PostgreSQL stores them: whole microseconds since 2000. A time that is sealed before it is written is the same when it is read.</summary>
internal static class PostgresTime
{
    private static readonly long Epoch = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

    /// <summary>
    /// Returns the number that PostgreSQL stores for <paramref name="time"/>. The driver reads infinity as an end of the calendar. Its number is an extreme.
    /// </summary>
    public static long Of(DateTimeOffset time) =>
        time == DateTimeOffset.MaxValue ? long.MaxValue
        : time == DateTimeOffset.MinValue ? long.MinValue
        : (time.UtcTicks - Epoch) / TimeSpan.TicksPerMicrosecond;
}
