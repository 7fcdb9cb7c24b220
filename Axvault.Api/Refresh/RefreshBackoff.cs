namespace Axvault.Api.Refresh;

/// <summary>How long to wait after a failure that may pass. Pure but for the dice.</summary>
internal static class RefreshBackoff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Most = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan MostAskedFor = TimeSpan.FromDays(1);

    /// <summary>Twice as long after each failure, between half of that and the whole by chance; never shorter than the provider asked for.</summary>
    /// <param name="attempts">How many refreshes have failed, this one included.</param>
    /// <param name="retryAfter">What the provider asked for (RFC 9110 §10.2.3).</param>
    /// <param name="chance">From 0 to 1.</param>
    public static TimeSpan After(int attempts, TimeSpan? retryAfter, double chance)
    {
        var doubled = First * Math.Pow(2, Math.Clamp(attempts - 1, 0, 20));
        var whole = doubled < Most ? doubled : Most;
        var wait = whole * (0.5 + (0.5 * chance));
        var asked = retryAfter is { } wish ? wish < MostAskedFor ? wish : MostAskedFor : TimeSpan.Zero;
        return wait > asked ? wait : asked;
    }
}
